export { connectControl, connectSocket } from './connect.ts'
export {
  type ControlServer,
  type ControlServerDeps,
  type ControlServerInit,
  createControlServer,
} from './control-server.ts'
export { openControl, type OpenControlDeps, type OpenedControl, type OpenedHome } from './open-control.ts'
export { socketLink } from './socket-link.ts'
