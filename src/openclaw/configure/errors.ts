/** Our sentences for what can go wrong while settings are changed; part of the table in machine-errors.ts. */
import type { ErrorCode } from '../../core/errors.ts';

const UNCHANGED = 'nothing was changed';
const MAKE_ROOM =
  'Call configure_openclaw with a larger storage_gib alone, or free space on the machine; then repeat the call.';

export const CONFIGURE_ERRORS: Readonly<Record<string, { kind: ErrorCode; message: string; next: string }>> =
  {
    settings_unreadable: {
      kind: 'conflict',
      message: `openclaw.json on the machine can be read neither as JSON nor as JSON5, so it was not overwritten; ${UNCHANGED}`,
      next: 'Correct it there, or call repair_openclaw, which keeps it beside and restores the last good one.',
    },
    secrets_unreadable: {
      kind: 'conflict',
      message: `secrets.json on the machine cannot be read, so it was not overwritten; ${UNCHANGED}`,
      next: 'Correct it there, or call repair_openclaw, which keeps it beside and writes a new token and the keys of this server.',
    },
    config_refused: {
      kind: 'invalid_input',
      message: `This OpenClaw release does not accept these settings; ${UNCHANGED}`,
      next: 'Read its own words below, correct set and call again.',
    },
    plugin_install_failed: {
      kind: 'command_failed',
      message: `The plugin of this channel could not be installed; ${UNCHANGED}`,
      next: 'Read what OpenClaw said below; then repeat the call.',
    },
    key_refused: {
      kind: 'provider',
      message: `The model provider refused its key; ${UNCHANGED}`,
      next: "Correct the key in this server's environment, restart the server and call again.",
    },
    no_credit: {
      kind: 'provider',
      message: `The model provider took the key, but the account has no credit; ${UNCHANGED}`,
      next: "Top up the provider's account, or name a model of another provider.",
    },
    model_unknown: {
      kind: 'provider',
      message: `The model provider does not offer this model to this key; ${UNCHANGED}`,
      next: "Pass a model from the provider's own list, as provider/model.",
    },
    provider_not_found: {
      kind: 'provider',
      message: `The model provider answered 404: there is no such address, or no such model at it; ${UNCHANGED}`,
      next: "Read the address and its own words below: correct the address in this server's environment, or pass a model that it lists.",
    },
    provider_refused: {
      kind: 'provider',
      message: `The model provider refused a minimal request; ${UNCHANGED}`,
      next: 'Read its own words below.',
    },
    channel_token_refused: {
      kind: 'provider',
      message: `The messenger refused its token; ${UNCHANGED}`,
      next: "Correct the token in this server's environment, restart the server and call again.",
    },
    change_needs_room: {
      kind: 'machine_failed',
      message: `The machine's disk is full; ${UNCHANGED}`,
      next: MAKE_ROOM,
    },
    change_met_full_disk: {
      kind: 'machine_failed',
      message:
        "The machine's disk was full while the settings were changed, so those from before were put back",
      next: MAKE_ROOM,
    },
    model_unusable: {
      kind: 'provider',
      message:
        'The gateway could not get an answer from the model, so the settings from before were put back',
      next: 'Read its own words below; then try another model.',
    },
    change_undone: {
      kind: 'command_failed',
      message:
        'The gateway did not work with these settings, so those from before were put back, and it works again',
      next: 'Read what the gateway printed below.',
    },
    change_not_undone: {
      kind: 'command_failed',
      message: 'The gateway did not work with these settings, and does not with those from before either',
      next: 'Call repair_openclaw.',
    },
  };
