/** What hosts are told of the page: beside which tools it stands, and what it may call without a person. */
import { describe, expect, it } from 'vitest';
import { tools } from '../../../src/tools/index.ts';
import { VIEW_URI } from '../../../src/tools/views.ts';

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
});
