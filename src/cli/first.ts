/** What has to hold before anything else of this program runs; imported first. */

/**
 * Node opens its debugger on this signal, on a port of loopback where every user of the computer may evaluate code and
 * read the keys. A listener, even one that does nothing, keeps it from that.
 */
process.on('SIGUSR1', () => {});

// What this program makes is its user's alone, also where somebody has switched that off for all they start.
process.umask(0o077);

// With NODE_USE_ENV_PROXY Node sends through the proxy whatever NO_PROXY does not name, the local API's requests too.
const direct = [process.env.no_proxy ?? process.env.NO_PROXY, 'localhost', '127.0.0.1', '::1', '[::1]'];
process.env.NO_PROXY = direct.filter(Boolean).join(',');
process.env.no_proxy = process.env.NO_PROXY;
