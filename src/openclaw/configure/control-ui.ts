/** What a person types to reach the Control UI over SSH; built only from parts that have the form they should have. */
import { AppError } from '../../core/errors.ts';
import type { SshSession } from '../../dedalus/calls/access.ts';
import { secretsFile } from '../catalog/layout.ts';

/** Files on this computer that an SSH session needs; undefined where the platform does not. */
export interface SshFiles {
  privateKey: string;
  certificate: string | undefined;
  knownHosts: string | undefined;
}

type Connection = NonNullable<SshSession['connection']>;

const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/;
const USER = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
const PATTERN = /^[A-Za-z0-9*?.,:![\]-]{1,400}$/;
const PUBLIC_KEY = /^(?:ssh|ecdsa|sk)-[A-Za-z0-9@.-]{3,80} [A-Za-z0-9+/=]{40,16000}(?: [^\p{Cc}]{0,200})?$/u;

/** One line in OpenSSH's form: a public key, or a certificate for one. */
export function isPublicKey(line: string): boolean {
  return PUBLIC_KEY.test(line);
}

/** @throws AppError `unavailable` when the session is not of a form that may stand in a command. */
export function checkedConnection(session: SshSession): Connection {
  const { connection } = session;
  const sound =
    connection !== undefined &&
    HOST.test(connection.endpoint) &&
    USER.test(connection.username) &&
    Number.isInteger(connection.port) &&
    connection.port > 0 &&
    connection.port < 65_536 &&
    (connection.certificate === undefined || isPublicKey(connection.certificate.trim())) &&
    (connection.hostTrust === undefined ||
      (PATTERN.test(connection.hostTrust.pattern) && isPublicKey(connection.hostTrust.publicKey.trim())));
  if (sound && connection) return connection;
  throw new AppError('unavailable', 'Dedalus granted an SSH session in a form that is not known', {
    next: 'Try again; if it stays so, use another way to the Control UI.',
  });
}

/** The line that makes ssh trust the platform's certificate authority for this host. */
export function knownHostsLine({ hostTrust }: Connection): string | undefined {
  return hostTrust && `@cert-authority ${hostTrust.pattern} ${hostTrust.publicKey.trim()}\n`;
}

// A home of another form is left to the machine's own shell: what a machine names stands in no sentence of ours.
const PLAIN_HOME = /^(?:\/home\/machine|\/root)$/;
// Any local port works; the gateway's own may be taken by a gateway of this computer.
const LOCAL_PORT = 28_789;

/** What a person does, one sentence each. @param port the gateway's, on the machine. */
export function sshSteps(connection: Connection, files: SshFiles, home: string, port: number): string[] {
  const options = [
    `-i ${quoted(files.privateKey)}`,
    '-o IdentitiesOnly=yes',
    ...(files.certificate === undefined ? [] : [`-o CertificateFile=${quoted(files.certificate)}`]),
    ...(files.knownHosts === undefined
      ? []
      : [
          `-o UserKnownHostsFile=${quoted(files.knownHosts)}`,
          '-o GlobalKnownHostsFile=/dev/null',
          '-o StrictHostKeyChecking=yes',
        ]),
    `-p ${connection.port}`,
  ].join(' ');
  const target = `${connection.username}@${connection.endpoint}`;
  const readToken = `sed -n ${quoted('s/.*"gateway":"\\([0-9a-f]*\\)".*/\\1/p')} ${secretsFile(PLAIN_HOME.test(home) ? home : '~')}`;
  return [
    `In a terminal of this computer run, and leave running: ssh -N -L ${LOCAL_PORT}:127.0.0.1:${port} ${options} ${target}`,
    `Open http://127.0.0.1:${LOCAL_PORT}/ in a browser.`,
    `It asks for the gateway token; this prints it in your own terminal, and only there: ssh ${options} ${target} ${quoted(readToken)}`,
  ];
}

/** What a person does where the machine is on this very computer. @param home its home as a folder of this computer. */
export function localSteps(origin: string, home: string): string[] {
  return [
    `Open ${origin}/ in a browser of this computer. The address is good until the machine sleeps.`,
    `It asks for the gateway token: the value of "gateway" in ${secretsFile(home)}, which only you can read.`,
  ];
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
