/** The licences and notices of every library in the bundle: most of them ask to be handed on with their code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// The innermost package of a path: a library may bring a library of its own.
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const TEXT = /^(?:licen[cs]e|copying|notice|copyright)/i;

/** The folders of the packages of which something is in the bundle. @param metafiles of esbuild, of every part. */
export function bundledPackages(metafiles) {
  const inputs = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap((output) => Object.keys(output.inputs)),
  );
  return [...new Set(inputs.flatMap((input) => PACKAGE.exec(input)?.[0] ?? []))].sort();
}

/**
 * One text for all of them.
 * @throws when a package brings no text of its licence: somebody has to look for it then.
 */
export function licenceTexts(folders) {
  const parts = folders.map((folder) => {
    const { name, version, license, homepage, repository } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    const files = readdirSync(folder).filter((file) => TEXT.test(file) && !/\.[cm]?[jt]s$/.test(file));
    if (files.length === 0)
      throw new Error(`${name} is bundled and brings no text of its licence (${license})`);
    const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
    const from = homepage ?? repository?.url ?? repository ?? '';
    return [`${name} ${version}`, `Licence: ${license}`, ...(from && [from]), '', ...texts].join('\n');
  });
  const line = `\n\n${'-'.repeat(80)}\n\n`;
  return `This program contains the following libraries, each under its own licence.${line}${parts.join(line)}\n`;
}
