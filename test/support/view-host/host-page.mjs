/** A client that shows MCP Apps, as small as it can be: the page in a sandboxed frame, and the bridge to the tests. */
import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

const CAPABILITIES = { serverTools: {}, openLinks: {} };

/** What hosts in the wild do otherwise than the one that the page was written for. */
const WAYS = {
  plain: {},
  /** Hands over the words of a result, and neither its data nor whether it failed. */
  wordsOnly: { handedOver: ({ content }) => ({ content }) },
  /** Passes on the calls of the page itself as if they were the one beside it. */
  echoes: {
    async called(bridge, input, result) {
      await bridge.sendToolInput({ arguments: input });
      await bridge.sendToolResult(result);
    },
  },
  /** Knows nothing of calls from a page. */
  callless: { capabilities: {}, callless: true },
  /** Has scrolled the page away. */
  below: { above: '4000px' },
};

/** Shows the page beside one call: what it is called with first, its result when it has answered. */
window.show = async ({ html, tool, input, theme, way }) => {
  const {
    handedOver = (result) => result,
    called = async () => {},
    capabilities,
    callless,
    above,
  } = WAYS[way];
  document.body.replaceChildren();
  document.body.style.paddingTop = above ?? '0';
  window.scrollTo(0, 0);
  const frame = document.createElement('iframe');
  frame.title = 'view';
  frame.setAttribute('sandbox', 'allow-scripts');
  document.body.append(frame);
  const bridge = new AppBridge(null, { name: 'test-host', version: '1' }, capabilities ?? CAPABILITIES, {
    hostContext: { theme, toolInfo: { tool: { name: tool, inputSchema: { type: 'object' } } } },
  });
  if (!callless)
    bridge.oncalltool = async (params) => {
      const result = await window.callFromPage(params);
      await called(bridge, params.arguments, result);
      return result;
    };
  bridge.onsizechange = ({ width, height }) => {
    window.sizes.push(height);
    if (width !== undefined) frame.style.width = `${width}px`;
    if (height !== undefined) frame.style.height = `${height}px`;
  };
  const ready = new Promise((resolve) => {
    bridge.oninitialized = resolve;
  });
  window.sizes = [];
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = html;
  await ready;
  await bridge.sendToolInput({ arguments: input });
  window.turn = (to) => bridge.sendHostContextChange({ theme: to });
  window.answer = (result) => bridge.sendToolResult(handedOver(result));
  window.leave = () => bridge.teardownResource({});
};

window.drawn = async (count) => {
  for (let left = count; left > 0; left -= 1) await new Promise(requestAnimationFrame);
};
