/** A client that shows MCP Apps, as small as it can be: the page in a sandboxed frame, and the bridge to the tests. */
import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

/** Shows the page beside one call: what it is called with first, its result when it has answered. */
window.show = async ({ html, tool, input, theme }) => {
  document.body.replaceChildren();
  const frame = document.createElement('iframe');
  frame.title = 'view';
  frame.setAttribute('sandbox', 'allow-scripts');
  document.body.append(frame);
  const bridge = new AppBridge(
    null,
    { name: 'test-host', version: '1' },
    { serverTools: {}, openLinks: {} },
    { hostContext: { theme, toolInfo: { tool: { name: tool, inputSchema: { type: 'object' } } } } },
  );
  bridge.oncalltool = (params) => window.callFromPage(params);
  bridge.onsizechange = ({ height }) => {
    if (height !== undefined) frame.style.height = `${height}px`;
  };
  const ready = new Promise((resolve) => {
    bridge.oninitialized = resolve;
  });
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = html;
  await ready;
  await bridge.sendToolInput({ arguments: input });
  window.turn = (to) => bridge.sendHostContextChange({ theme: to });
  window.answer = (result) => bridge.sendToolResult(result);
};
