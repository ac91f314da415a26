export { KeysNeeded, startEmulator, type Emulator } from './emulator.ts';
export type { EmulatorLog, EmulatorOptions } from './emulator-options.ts';
export { PortTaken } from './listen.ts';
