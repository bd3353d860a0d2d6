/** Why a model provider failed a turn: who it was and what helps, told apart by the provider's own words and status. */
import type { ErrorCode } from '../core/errors.ts';
import type { ReplyOf } from '../sidecar/protocol.ts';

/** What OpenClaw's log says of a turn; all of it foreign, but for `ending`. */
export type RunAccount = NonNullable<ReplyOf<'turn_read'>['account']>;

export interface Cause {
  matches(error: Evidence): boolean;
  /** `provider` when left out. */
  kind?: ErrorCode;
  message: string;
  next: string;
  /** False where the gateway turned the message away, so that sending it again is safe. */
  sent?: boolean;
  /** For code: what of the machine may be mended before the message is sent again. */
  fault?: TurnFault;
  /** Whether the address that OpenClaw asked belongs to what a person must know. */
  asked?: boolean;
}

/**
 * Failures behind which the machine decides what is next.
 * - refused_session: the gateway takes no message for this session now (it is archived, or a turn runs in it again)
 * - disk_full: a write failed; a gateway that saw one fail does so until it is started again
 */
export type TurnFault = 'refused_session' | 'disk_full';

interface Evidence {
  /** The gateway's own HTTP status. */
  status: number | undefined;
  /** The one that the provider answered, which OpenClaw writes in front of its words: "404 page not found". */
  providerStatus: number | undefined;
  /** Type, code and all that was said in one, lower case. */
  words: string;
  /** The same where nobody but the gateway can have said it, else nothing. */
  gatewayWords: string;
  type: string;
  ending: RunAccount['ending'];
  /** Whether OpenClaw's own account of the run has these words: then it was the provider. */
  logged: boolean;
}

const FIX_KEY =
  "Set the provider's key in this server's environment and call deploy_openclaw for the same machine.";
const READ_WORDS = 'Read its own words below';
const LATER = 'Wait a minute and send the message again, or choose another model.';

/** A model that a 404 or 400 speaks of: "model: x", `model "x" not found`, "The model `x` does not exist". */
const NAMES_MODEL =
  /model_not_found|not_found_error.{0,80}model|\bmodels?\b[^.]{0,200}(?:not found|not exist|unknown)/;

/** As Anthropic, OpenAI, Google and xAI say it of one that is cut, too large or of a kind that they do not read. */
const REFUSES_IMAGE =
  /(?:could not|unable to|cannot) process (?:input )?image|(?:invalid|corrupt(?:ed)?|unsupported|malformed) (?:png |jpe?g |gif |webp )?image|image_parse_error|\bimage\b.{0,80}(?:cannot be decoded|not represent a valid|dimensions? exceed|exceeds? .{0,30}(?:maximum|limit))/;

/**
 * The first that matches counts. Sources: what 2026.9.6 answered and logged when a provider was made to fail in each way,
 * over three of its interfaces; 2026.3.24's and 2026.7.1's words; the words of the large providers' own error types.
 */
export const PROVIDER_CAUSES: readonly Cause[] = [
  {
    matches: ({ ending }) => ending === 'thought',
    message: 'The model only thought and ended without a word of answer, also when OpenClaw asked again',
    next: 'Ask in another way or choose another model; a lower agents.defaults.thinkingDefault (configure_openclaw, set) leaves more room for the answer.',
  },
  {
    matches: ({ ending }) => ending === 'empty',
    message: 'The model ended its turn without a word of answer, also when OpenClaw asked again',
    next: 'Ask in another way, start a new session, or choose another model.',
  },
  {
    matches: ({ ending }) => ending === 'cut',
    message: "The model's limit of output was reached before the first word of its answer",
    next: 'Ask for less at once, or choose a model that may write more.',
  },
  {
    matches: ({ words }) =>
      /refused this request|anthropic refusal|content_filter|content filter|content management policy|stop_reason.{0,5}refusal|prohibited_content|finish_?reason.{0,5}safety/.test(
        words,
      ),
    message: 'The model provider refused to answer this message by its own rules',
    next: `${READ_WORDS}. Sent again unchanged it is refused again: word it in another way, start a new session, or choose another model.`,
  },
  {
    matches: ({ words }) => /missing-provider-auth|no api key found|missing api key|custom-local/.test(words),
    message: 'OpenClaw has no key for the provider of this model',
    next: FIX_KEY,
  },
  {
    matches: ({ words }) => /temporarily disabled after a provider/.test(words),
    message: 'OpenClaw paused this provider because it refused the key or the account a moment ago',
    next: "Correct the provider's key or credit, wait as long as the note says, and send the message again.",
  },
  {
    matches: ({ providerStatus, words }) => providerStatus === 404 && NAMES_MODEL.test(words),
    message: 'The model provider answered 404 and speaks of the model: it may have none of this name',
    next: `${READ_WORDS}, then pass a model that this address lists, as provider/model; a server of one's own may have to load or pull it first.`,
    asked: true,
  },
  {
    // A web page under that address: OpenClaw says "must be text/event-stream or JSON; got text/html".
    matches: ({ providerStatus, words }) =>
      providerStatus === 404 || providerStatus === 405 || words.includes('must be text/event-stream'),
    message: 'Nothing answers model requests at this address of the model provider',
    next: "Check the address in this server's environment (an OPENAI_BASE_URL ends before /chat/completions, mostly in /v1) and which interface it speaks (OPENAI_WIRE_API), restart the server and call deploy_openclaw for the same machine.",
    asked: true,
  },
  {
    matches: ({ words }) => REFUSES_IMAGE.test(words),
    message: 'The model provider refuses an image of this conversation',
    next: `${READ_WORDS}. An image goes to the model anew with every message that follows it: start a new session, without this image or with another copy of it.`,
  },
  {
    matches: ({ words }) =>
      /prompt is too long|context_length|context length|context window|maximum context|context size|exceed_context/.test(
        words,
      ),
    message: 'The conversation is longer than the model can read',
    next: 'Start a new session, or choose a model with a larger context. OpenClaw itself needs about 20,000 tokens: a server of your own must allow that many.',
  },
  {
    matches: ({ providerStatus, words }) => providerStatus === 413 || words.includes('request_too_large'),
    message: 'The model provider, or a proxy before it, does not take a request of this size (413)',
    next: 'Start a new session, which is shorter, or raise the limit there: the smallest request of OpenClaw has about 70 KB.',
    asked: true,
  },
  {
    matches: ({ words }) =>
      /connection error|econnrefused|econnreset|enotfound|dns lookup|socket hang up|fetch failed/.test(words),
    message: "The model provider's address cannot be reached from the machine",
    next: 'Check that the server there runs, that its address is right, and that this machine may reach it; then send the message again.',
    asked: true,
  },
  {
    matches: ({ words }) => /does not support tools|tool.{0,20}not supported/.test(words),
    message: 'This model cannot use tools, and OpenClaw needs one that can',
    next: 'Choose a model with tool calling.',
  },
  {
    matches: ({ status, providerStatus, words }) =>
      status === 402 ||
      providerStatus === 402 ||
      /insufficient_quota|credit balance|insufficient balance|billing|payment required|exceeded your current quota/.test(
        words,
      ),
    message: "The model provider's account has no credit or quota left",
    next: 'Add credit at the provider or choose another model, then send the message again.',
  },
  {
    matches: ({ status, providerStatus, words }) =>
      status === 401 || providerStatus === 401 || /authentication_error|invalid.{0,10}api.?key/.test(words),
    message: 'The model provider refused its key',
    next: FIX_KEY,
  },
  {
    matches: ({ providerStatus }) => providerStatus === 403,
    message: 'The model provider forbids this request (403)',
    next: `${READ_WORDS}: the key may lack this model, or the region is not served.`,
  },
  {
    matches: ({ status, providerStatus, words }) =>
      status === 429 || providerStatus === 429 || /rate_limit|rate limit/.test(words),
    message: 'The model provider limits the rate, also after several tries',
    next: LATER,
  },
  {
    matches: ({ status, providerStatus, words }) =>
      status === 529 || providerStatus === 529 || words.includes('overloaded'),
    message: 'The model provider is overloaded, also after several tries',
    next: LATER,
  },
  {
    matches: ({ words }) => /server_error|cuda|internal server error/.test(words),
    message: 'The model provider failed, also after several tries',
    next: `${READ_WORDS}. ${LATER}`,
  },
  {
    matches: ({ status, providerStatus, words }) =>
      status === 408 || providerStatus === 408 || /timed out|timeout/.test(words),
    message: 'The model provider did not answer in time',
    next: 'Send the message again, or choose another model.',
  },
  {
    matches: ({ providerStatus = 0 }) => providerStatus >= 500,
    message: 'The model provider failed, also after several tries',
    next: `${READ_WORDS}. ${LATER}`,
  },
  {
    matches: ({ providerStatus = 0, words }) => providerStatus >= 400 || words.includes('html error page'),
    message: 'The model provider rejected the request',
    // OpenClaw hides the words that Anthropic has for an image which it cannot read.
    next: `${READ_WORDS}; then choose another model, correct the address of the provider, or start a new session: what it rejects may stand in this one, as an image does.`,
    asked: true,
  },
  {
    matches: ({ logged, words }) =>
      logged &&
      !/^\S* *internal error$|llm request failed|agent run failed|agent failed before reply/.test(words),
    message: 'The model provider failed the request',
    next: `${READ_WORDS}; then send the message again, or choose another model.`,
    asked: true,
  },
];
