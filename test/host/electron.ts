/** Those parts of Electron's API that the app uses. Each name is Electron's own; what has no window of Chromium behind it is recorded for tests. */
export { app } from './fake/app.ts'
export { ipcMain } from './fake/ipc.ts'
export { dialog, Menu, nativeImage, Notification, safeStorage, screen, shell, Tray } from './fake/native.ts'
export { MessageChannelMain } from './fake/ports.ts'
export { protocol, session } from './fake/session.ts'
export { utilityProcess } from './fake/utility-process.ts'
export { webContents } from './fake/web-contents.ts'
export { BrowserWindow } from './fake/windows.ts'
