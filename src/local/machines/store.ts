/**
 * The state folder. Writes are synchronous and replace whole files, so that an answer is never sent before
 * the change behind it is kept, and a SIGKILL at any moment leaves every file whole.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../../core/errno.ts';
import type { MachineBoot } from '../runtimes/runtime.ts';
import type { ExecutionRecord, MachineRecord } from './model.ts';

/** What a command wrote, as far as it was kept. */
export interface KeptOutput {
  stdout: Buffer;
  stderr: Buffer;
}

export class Store {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
    privateDirSync(path.join(dir, 'machines'));
    privateDirSync(path.join(dir, 'keys'));
  }

  /** Folders of one machine; created here, removed by `removeMachine`. */
  boot(id: string): MachineBoot {
    const homeDir = this.homeDir(id);
    const scratchDir = path.join(this.#machine(id), 'scratch');
    privateDirSync(homeDir);
    privateDirSync(scratchDir);
    return { machineId: id, homeDir, scratchDir };
  }

  homeDir(id: string): string {
    return path.join(this.#machine(id), 'home');
  }

  /** Every machine that was ever saved and not removed. A folder whose machine was never saved is dropped. */
  async machines(): Promise<MachineRecord[]> {
    const found: MachineRecord[] = [];
    for (const id of readdirSync(path.join(this.dir, 'machines'))) {
      const record: MachineRecord | undefined = readJson(path.join(this.#machine(id), 'machine.json'));
      if (record) found.push(record);
      else await removeTree(this.#machine(id));
    }
    return found.sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
  }

  saveMachine(record: MachineRecord): void {
    writeWhole(path.join(this.#machine(record.id), 'machine.json'), JSON.stringify(record));
  }

  async emptyScratch(id: string): Promise<void> {
    await removeTree(path.join(this.#machine(id), 'scratch'));
  }

  /** The record goes last: a server killed in between finds it and finishes. */
  async removeMachine(id: string): Promise<void> {
    for (const part of ['home', 'scratch', 'executions']) {
      await removeTree(path.join(this.#machine(id), part));
    }
    await removeTree(this.#machine(id));
  }

  /** Oldest first. */
  executions(id: string): ExecutionRecord[] {
    const dir = path.join(this.#machine(id), 'executions');
    if (!existsSync(dir)) return [];
    const names = readdirSync(dir).filter((name) => name.endsWith('.json'));
    const records = names.flatMap((name): ExecutionRecord[] => readJson(path.join(dir, name)) ?? []);
    return records.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  }

  saveExecution(record: ExecutionRecord): void {
    writeWhole(`${this.#execution(record)}.json`, JSON.stringify(record));
  }

  saveOutput(record: ExecutionRecord, output: KeptOutput): void {
    writeWhole(`${this.#execution(record)}.out`, output.stdout);
    writeWhole(`${this.#execution(record)}.err`, output.stderr);
  }

  output(record: ExecutionRecord): KeptOutput {
    const base = this.#execution(record);
    return { stdout: readFileSync(`${base}.out`), stderr: readFileSync(`${base}.err`) };
  }

  removeExecution(record: ExecutionRecord): void {
    for (const end of ['.json', '.out', '.err']) rmSync(`${this.#execution(record)}${end}`, { force: true });
  }

  /** A small document at the top of the state folder. */
  read<T>(name: string): T | undefined {
    return readJson<T>(path.join(this.dir, name));
  }

  write(name: string, value: unknown): void {
    writeWhole(path.join(this.dir, name), JSON.stringify(value));
  }

  /** Names of the documents in one folder. */
  names(folder: string): string[] {
    return readdirSync(path.join(this.dir, folder)).filter((name) => name.endsWith('.json'));
  }

  remove(name: string): void {
    rmSync(path.join(this.dir, name), { force: true });
  }

  #machine(id: string): string {
    return path.join(this.dir, 'machines', id);
  }

  #execution(record: ExecutionRecord): string {
    return path.join(this.#machine(record.machine), 'executions', record.executionId);
  }
}

function privateDirSync(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
}

function readJson<T>(file: string): T | undefined {
  if (!existsSync(file)) return undefined;
  const value: T = JSON.parse(readFileSync(file, 'utf8'));
  return value;
}

function writeWhole(file: string, content: string | Buffer): void {
  privateDirSync(path.dirname(file));
  // One writer per state folder (see lock.ts), so the draft's name needs no random part.
  try {
    writeFileSync(`${file}.tmp`, content, { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  } catch (error) {
    rmSync(`${file}.tmp`, { force: true });
    throw error;
  }
}

/** Removes a folder even when a command made parts of it read-only, as package caches do. */
async function removeTree(dir: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 } as const;
  try {
    await rm(dir, options);
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM')) throw error;
    openUp(dir);
    await rm(dir, options);
  }
}

function openUp(dir: string): void {
  chmodSync(dir, 0o700);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) openUp(path.join(dir, entry.name));
  }
}
