export { startEmulator, type Emulator, type EmulatorLog, type EmulatorOptions } from './emulator.ts';
export { PortTaken } from './listen.ts';
