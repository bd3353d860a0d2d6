/** What the page may ask its host to call: nothing that destroys, overwrites or hands something out. */
import { expect, it } from 'vitest';
import { mayCall, savingOf } from '../../../src/view/called.ts';

it('saves files, and asks nothing else of the tool that could write and send them', () => {
  expect(mayCall('files', savingOf('a.pdf', 'm-1'))).toBe(true);
  for (const action of ['write', 'send', 'read', undefined]) expect(mayCall('files', { action })).toBe(false);
});

it('calls nothing that destroys, configures or talks', () => {
  for (const tool of ['destroy_machine', 'configure_openclaw', 'backup_openclaw', 'chat', 'run_openclaw'])
    expect(mayCall(tool, {})).toBe(false);
});
