/** An API whose connection is made at the first call: the server starts and lists its tools without a key or network. */
import type { DedalusApi } from './api.ts';

/** @param connect called until it succeeds once; what it throws, the call throws. */
export function lateApi(connect: () => Promise<DedalusApi>): DedalusApi {
  let connected: Promise<DedalusApi> | undefined;
  const api = () => {
    connected ??= connect().catch((error) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };
  return {
    createMachine: async (...args) => (await api()).createMachine(...args),
    getMachine: async (...args) => (await api()).getMachine(...args),
    listMachines: async (...args) => (await api()).listMachines(...args),
    updateMachine: async (...args) => (await api()).updateMachine(...args),
    sleepMachine: async (...args) => (await api()).sleepMachine(...args),
    wakeMachine: async (...args) => (await api()).wakeMachine(...args),
    deleteMachine: async (...args) => (await api()).deleteMachine(...args),
    getUsage: async (...args) => (await api()).getUsage(...args),
    createExecution: async (...args) => (await api()).createExecution(...args),
    getExecution: async (...args) => (await api()).getExecution(...args),
    getExecutionOutput: async (...args) => (await api()).getExecutionOutput(...args),
    listOpenings: async (...args) => (await api()).listOpenings(...args),
    openPort: async (...args) => (await api()).openPort(...args),
    getPort: async (...args) => (await api()).getPort(...args),
    openSsh: async (...args) => (await api()).openSsh(...args),
    getSsh: async (...args) => (await api()).getSsh(...args),
    cancelExecution: async (...args) => (await api()).cancelExecution(...args),
  };
}
