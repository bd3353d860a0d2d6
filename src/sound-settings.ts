/** Which calls, and which work that an earlier server began, need which settings: those alone are stopped by a wrong one. */
import { type Fault, faultError, type Need } from './config/faults.ts';
import type { Tool } from './mcp/define-tool.ts';
import type { ProviderKey } from './openclaw/catalog/providers.ts';
import type { Kind } from './operations/kind.ts';
import type { OperationKind } from './operations/ports.ts';
import { NOT_HERE } from './operations/running.ts';

// Reaching the cloud is not listed: whoever connects to it says what is wrong.
const NEEDS: Readonly<Record<string, readonly Need[]>> = {
  deploy_openclaw: ['waiting', 'installing', 'models'],
  get_operation: ['waiting'],
  wake_machine: ['waiting'],
  sleep_machine: ['waiting'],
  chat: ['waiting'],
  repair_openclaw: ['waiting', 'installing'],
  configure_openclaw: ['waiting'],
  upgrade_openclaw: ['waiting', 'installing'],
  backup_openclaw: ['waiting', 'files'],
  files: ['waiting', 'files'],
  destroy_machine: ['waiting', 'destroying'],
};

/** The tool, which says what is wrong with the settings that a call needs instead of being called. */
export function withSoundSettings<Services>(tool: Tool<Services>, faults: readonly Fault[]): Tool<Services> {
  if (faults.length === 0) return tool;
  return {
    ...tool,
    async call(args, context) {
      const fault = faultError(faults, [
        'always',
        ...(NEEDS[tool.name] ?? []),
        ...byArguments(tool.name, args),
      ]);
      if (fault !== undefined) throw fault;
      return tool.call(args, context);
    },
  };
}

function byArguments(tool: string, args: unknown): Need[] {
  if (tool === 'chat' && typeof args === 'object' && args !== null && 'attachments' in args) return ['files'];
  if (tool !== 'configure_openclaw' || typeof args !== 'object' || args === null) return [];
  return [
    ...('provider_keys' in args ? (['models'] as const) : []),
    ...('channel' in args ? (['channels'] as const) : []),
  ];
}

/** Work that takes keys to a machine waits for a server whose keys can be read; it is told to whoever asks here. */
export function withheld(
  work: Readonly<Record<string, OperationKind>>,
  kinds: readonly Pick<Kind<never>, 'name' | 'takesKeys'>[],
  faults: readonly Fault[],
): Readonly<Record<string, OperationKind>> {
  const fault = faultError(faults, ['models', 'installing'], { details: { reason: NOT_HERE } });
  if (fault === undefined) return work;
  const held = Object.entries(work).map(([name, kind]): [string, OperationKind] => [
    name,
    {
      ...kind,
      async run(operation) {
        if (kinds.some((one) => one.name === name && one.takesKeys(operation.record.input))) throw fault;
        return kind.run(operation);
      },
    },
  ]);
  return Object.fromEntries(held);
}

/** Those whose variables are in order: what is wrong never gets to a machine. */
export function soundProviders(
  providers: readonly ProviderKey[],
  faults: readonly Fault[],
): readonly ProviderKey[] {
  const wrong = new Set(faults.map(({ variable }) => variable));
  return providers.filter(
    ({ provider: { keyVariables, baseUrlVariable } }) =>
      ![...keyVariables, baseUrlVariable].some((variable) => wrong.has(variable)),
  );
}
