import { EventEmitter } from 'node:events'

interface FolderResult {
  readonly canceled: boolean
  readonly filePaths: readonly string[]
}

/** Tests replace these with what a person would have chosen. */
export const dialog = {
  showOpenDialog: async (..._args: unknown[]): Promise<FolderResult> => ({ canceled: true, filePaths: [] }),
  showMessageBox: async (..._args: unknown[]) => ({ response: 0, checkboxChecked: false }),
}

export const shell = {
  /** Opened so far, for tests. */
  opened: new Array<string>(),
  openExternal: async (url: string): Promise<void> => void shell.opened.push(url),
}

export interface MenuItem {
  readonly label?: string
  readonly role?: string
  readonly type?: string
  readonly click?: () => void
  readonly submenu?: readonly MenuItem[]
  readonly [name: string]: unknown
}

export class Menu {
  static #application: Menu | null = null
  readonly items: readonly MenuItem[]
  constructor(items: readonly MenuItem[] = []) {
    this.items = items
  }
  static buildFromTemplate(items: readonly MenuItem[]): Menu {
    return new Menu(items)
  }
  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu
  }
  static getApplicationMenu(): Menu | null {
    return Menu.#application
  }
}

class NativeImage {
  readonly dataUrl: string
  constructor(dataUrl: string) {
    this.dataUrl = dataUrl
  }
  isEmpty(): boolean {
    return !this.dataUrl.startsWith('data:image/png;base64,')
  }
}

export const nativeImage = {
  createFromDataURL: (url: string): NativeImage => new NativeImage(url),
  createEmpty: (): NativeImage => new NativeImage(''),
}

export class Tray extends EventEmitter {
  /** Made so far, for tests. */
  static readonly shown: Tray[] = []
  image: NativeImage
  toolTip = ''
  menu: Menu | null = null
  destroyed = false
  constructor(image: NativeImage) {
    super()
    this.image = image
    Tray.shown.push(this)
  }
  setImage(image: NativeImage): void {
    this.image = image
  }
  setToolTip(text: string): void {
    this.toolTip = text
  }
  setContextMenu(menu: Menu | null): void {
    this.menu = menu
  }
  destroy(): void {
    this.destroyed = true
  }
}

export class Notification extends EventEmitter {
  /** Shown so far, for tests. */
  static readonly shown: Notification[] = []
  readonly options: { readonly title?: string; readonly body?: string }
  constructor(options: { readonly title?: string; readonly body?: string } = {}) {
    super()
    this.options = options
  }
  static isSupported(): boolean {
    return true
  }
  show(): void {
    Notification.shown.push(this)
    this.emit('show')
  }
  close(): void {
    this.emit('close')
  }
}

const AREA = { x: 0, y: 0, width: 1920, height: 1080 }
export const screen = {
  getAllDisplays: () => [{ id: 1, bounds: AREA, workArea: AREA, scaleFactor: 1 }],
  getPrimaryDisplay: () => ({ id: 1, bounds: AREA, workArea: AREA, scaleFactor: 1 }),
}

/** A keyring of this process only: `SHOAL_TEST_KEYRING=basic_text` plays a desktop without one, `none` one that fails. */
const backend = (): string => process.env['SHOAL_TEST_KEYRING'] ?? 'gnome_libsecret'
const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xa5)

export const safeStorage = {
  isAsyncEncryptionAvailable: async (): Promise<boolean> => backend() !== 'none',
  getSelectedStorageBackend: (): string => backend(),
  encryptStringAsync: async (text: string): Promise<Buffer> => Buffer.from(flip(Buffer.from(`v11${text}`))),
  decryptStringAsync: async (sealed: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }> => {
    const text = Buffer.from(flip(sealed)).toString()
    if (!text.startsWith('v11')) throw new Error('cannot be decrypted with this keyring')
    return { result: text.slice(3), shouldReEncrypt: false }
  },
}
