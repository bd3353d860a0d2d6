/** What hosts are told of the page: beside which tools it stands, and what it may call without a person. */
import { describe, expect, it } from 'vitest';
import { version } from '../../../package.json';
import { tools } from '../../../src/tools/index.ts';
import { VIEW_URI, VIEW_URIS } from '../../../src/tools/views.ts';

const ui = Object.fromEntries(tools.map(({ name, meta }) => [name, Object(meta?.ui)]));

describe('the page', () => {
  it.each(tools.map((tool) => [tool.name, tool] as const))(
    'may call %s only where a click may do it',
    (name, tool) => {
      const called = ui[name].visibility.includes('app');
      expect(ui[name].visibility).toContain('model');
      // Hosts tell tools apart by name alone: that the page asks `files` to save and nothing else is held in called.test.
      const harmless = tool.effect === 'read' || ['wake_machine', 'repair_openclaw', 'files'].includes(name);
      if (called) expect(harmless).toBe(true);
      // What takes a confirmation, takes it from the model alone.
      if ('confirmation' in tool.input.shape) expect(called).toBe(false);
    },
  );

  it('stands beside what a person would rather look at, and not where a confirmation is given out', () => {
    const shown = Object.keys(ui).filter((name) => ui[name].resourceUri === VIEW_URI);
    expect(shown).toEqual(
      expect.arrayContaining(['deploy_openclaw', 'get_operation', 'gateway_status', 'list_machines', 'chat']),
    );
    expect(shown).not.toContain('destroy_machine');
  });

  it('is found by hosts that look for its address under the earlier key alone', () => {
    for (const { name, meta } of tools) expect(meta?.['ui/resourceUri']).toBe(ui[name].resourceUri);
  });

  it('has an address of its own in each version, under which no other version is kept, and is read under those of all', () => {
    expect(VIEW_URI).toContain(`/${version}/`);
    for (const uri of [
      VIEW_URI,
      'ui://openclaw-dedalus/view.html',
      'ui://openclaw-dedalus/0.0.1-beta.1/view.html',
    ])
      expect(VIEW_URIS.test(uri)).toBe(true);
    for (const uri of [
      'ui://openclaw-dedalus/../view.html/x',
      'ui://openclaw-dedalus/a/b/view.html',
      `${VIEW_URI}?`,
    ])
      expect(VIEW_URIS.test(uri)).toBe(false);
  });
});
