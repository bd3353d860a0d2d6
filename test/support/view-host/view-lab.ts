/** All that a test of the page needs: machines, the built server on its stdio, and a host with a browser. */
import { type BinProcess, copyOfBin, startBin } from '../bin.ts';
import { type Lab, type LabOptions, startLab } from '../lab.ts';
import { startViewHost, type ViewHost } from './view-host.ts';

export interface ViewLab {
  lab: Lab;
  server: BinProcess;
  host: ViewHost;
  close(): Promise<void>;
}

/** @param browser where its program is. */
export async function startViewLab(browser: string, options: LabOptions): Promise<ViewLab> {
  const lab = await startLab(options);
  const bin = await copyOfBin();
  const server = await startBin(bin, lab);
  const host = await startViewHost(server.client, browser);
  return {
    lab,
    server,
    host,
    async close() {
      await host.close();
      await server.close();
      await bin.remove();
      await lab.close();
    },
  };
}
