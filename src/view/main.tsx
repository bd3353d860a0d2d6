/** Where the page begins: it finds its host, and shows what that hands over. */
import { render } from 'preact';
import { connectHost } from './host.ts';
import { watchSight } from './pace.ts';
import { Page } from './page.tsx';
import { Notice } from './views/parts.tsx';

const root = document.getElementById('view');
if (root === null) throw new Error('the page has no place to draw in');

try {
  const host = await connectHost();
  watchSight(document.documentElement);
  // What is no longer drawn asks nothing more.
  host.onEnd(() => render(null, root));
  render(<Page host={host} />, root);
} catch {
  render(
    <main>
      <Notice tone="bad" title="No client answers: open this page from one that shows MCP Apps." />
    </main>,
    root,
  );
}
