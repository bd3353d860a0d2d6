/** What tools may use; they see no SDK, no process and no file. */
import type { Clock } from '../core/clock.ts';
import type { OpeningCalls } from '../dedalus/calls/openings.ts';
import type { GatewayService } from '../gateway/ports.ts';
import type { History } from '../history/history.ts';
import type { MachineService } from '../machine/ports.ts';
import { toolDefiner } from '../mcp/define-tool.ts';
import { parseInput } from '../mcp/parse-input.ts';
import type { ChannelKey } from '../openclaw/catalog/channels.ts';
import type { NewestRelease, RequireRelease } from '../openclaw/catalog/newest-release.ts';
import type { ProviderKey } from '../openclaw/catalog/providers.ts';
import type { TestedRelease } from '../openclaw/catalog/tested-release.ts';
import type { ConfigureService } from '../openclaw/configure/configure.ts';
import type { FilesService } from '../openclaw/files.ts';
import type { LookService } from '../openclaw/look/look.ts';
import type { SpendService } from '../openclaw/look/spend.ts';
import type { OpenClawService } from '../openclaw/openclaw-service.ts';
import type { CommandService } from '../openclaw/run-command.ts';
import type { Operations } from '../operations/ports.ts';
import type { Confirmations } from '../workflows/destroy/confirmations.ts';
import type { AllowedFolders } from '../workflows/files/allowed-folders.ts';
import type { ReadUsage } from '../workflows/look/costs.ts';
import type { Directory } from '../workflows/look/directory.ts';

export interface Services {
  clock: Clock;
  openings: OpeningCalls;
  machines: MachineService;
  look: LookService;
  openclaw: OpenClawService;
  settings: Pick<ConfigureService, 'show'>;
  spend: SpendService;
  gateway: GatewayService;
  operations: Operations;
  /** Tools only read it; what they change is written there by whoever calls them. */
  history: Pick<History, 'read'>;
  directory: Directory;
  confirmations: Confirmations;
  providers: readonly ProviderKey[];
  channels: readonly ChannelKey[];
  /** Reaches a model server of the user's own from this computer. */
  fetch: typeof fetch;
  usage: ReadUsage;
  release: TestedRelease;
  newest: NewestRelease;
  requireRelease: RequireRelease;
  /** The only machine that may be touched, where the server was started for one. */
  pinned: string | undefined;
  /** Settings of OpenClaw, by path, that an agent may set although they are the person's. */
  allowedSettings: readonly string[];
  /** Whether skills and plugins may be installed on a machine. */
  allowInstall: boolean;
  /** Whether a text holds a secret that this server knows, in any form. */
  holdsSecret(text: string): boolean;
  commands: CommandService;
  /** Folder of this computer for backups that are given only a name. */
  backupsDir: string;
  files: FilesService;
  /** Which folders of this computer the person allowed. */
  allowedFolders: AllowedFolders;
  /** Every secret that the process knows by now. */
  secrets: () => Iterable<string>;
  /** How long a call waits where it does not say, in milliseconds. */
  toolWaitMs: number;
}

/** Declares a tool over these services. */
export const defineTool = toolDefiner<Services>(parseInput);
