/**
 * A double of Electron's module: remembers what the shell sets and registers, and lets a test play Electron's part. The real module
 * must not be loaded under plain Node: it would start a download.
 */
import { EventEmitter } from 'node:events';

type Handler = (...args: never[]) => unknown;

/** A call of the shell, by name. */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

class Contents extends EventEmitter {
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  webRTC: string | undefined;
  url = 'app://selwright/index.html';
  getURL(): string {
    return this.url;
  }
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
  setWebRTCIPHandlingPolicy(policy: string): void {
    this.webRTC = policy;
  }
}

/** A store ("session") with its handlers. */
export class Store extends EventEmitter {
  readonly handlers = new Map<string, Handler>();
  readonly schemes = new Map<string, (request: { url: string }) => Response>();
  spellChecker = true;
  readonly #keep =
    (name: string) =>
    (handler: Handler): void => {
      this.handlers.set(name, handler);
    };
  readonly setPermissionRequestHandler = this.#keep('permission-request');
  readonly setPermissionCheckHandler = this.#keep('permission-check');
  readonly setDevicePermissionHandler = this.#keep('device');
  readonly setDisplayMediaRequestHandler = this.#keep('display-media');
  readonly webRequest = { onBeforeRequest: this.#keep('before-request') };
  readonly protocol = {
    handle: (scheme: string, handler: (request: { url: string }) => Response): void => {
      this.schemes.set(scheme, handler);
    },
  };
  setSpellCheckerEnabled(on: boolean): void {
    this.spellChecker = on;
  }
}

export interface DoubleOptions {
  readonly first?: boolean;
  readonly packaged?: boolean;
  /** a file that the desktop wants opened, said before the program is ready */
  readonly opens?: string;
  /** which button of a message box is pressed */
  readonly pressed?: number;
  /** of the system */
  readonly locale?: string;
}

/** @returns the module's double, and what a test looks at */
export const electronDouble = ({ first = true, packaged = false, pressed = 0, locale = 'en-GB', opens }: DoubleOptions = {}) => {
  const calls: Call[] = [];
  const note =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push({ name, args });
    };
  const windows: Window[] = [];
  const stores = new Map<string, Store>();
  const store = (name: string): Store => {
    const known = stores.get(name) ?? new Store();
    stores.set(name, known);
    return known;
  };
  const ipc = new Map<string, (event: unknown, ...args: unknown[]) => unknown>();

  class Window extends EventEmitter {
    readonly webContents = new Contents();
    readonly options: { webPreferences: Record<string, unknown> } & Partial<Record<'x' | 'y' | 'width' | 'height', number>>;
    url = '';
    gone = false;
    minimized = false;
    constructor(options: Window['options']) {
      super();
      this.options = options;
      windows.push(this);
      app.emit('web-contents-created', {}, this.webContents);
    }
    static getAllWindows(): Window[] {
      return windows.filter((w) => !w.gone);
    }
    loadURL(url: string): void {
      this.url = url;
    }
    show = note('show');
    focus = note('focus');
    restore = note('restore');
    isMinimized(): boolean {
      return this.minimized;
    }
    isDestroyed(): boolean {
      return this.gone;
    }
    destroy(): void {
      this.gone = true;
    }
  }

  const app = Object.assign(new EventEmitter(), {
    isPackaged: packaged,
    requestSingleInstanceLock: () => first,
    enableSandbox: note('enableSandbox'),
    commandLine: { appendSwitch: note('switch'), removeSwitch: note('remove-switch') },
    quit: note('quit'),
    exit: note('exit'),
    whenReady: () => {
      if (opens !== undefined) app.emit('open-file', { preventDefault: note('open-file-stopped') }, opens);
      return Promise.resolve();
    },
    getLocale: () => locale,
  });
  const module = {
    app,
    BrowserWindow: Window,
    dialog: {
      showMessageBox: (...args: unknown[]) => {
        note('message')(...args);
        return Promise.resolve({ response: pressed });
      },
      showErrorBox: note('error-box'),
      showOpenDialog: () => Promise.resolve({ filePaths: ['/chosen'] }),
    },
    ipcMain: { handle: (name: string, handler: (event: unknown, ...args: unknown[]) => unknown) => ipc.set(name, handler) },
    Menu: { setApplicationMenu: note('menu') },
    nativeTheme: { shouldUseDarkColors: false },
    screen: { getDisplayMatching: () => ({ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }) },
    protocol: { registerSchemesAsPrivileged: note('privileged') },
    session: { fromPartition: store, defaultSession: store('default') },
    // what the shell must not touch says so when it does
    shell: { openExternal: note('FORBIDDEN openExternal'), openPath: note('FORBIDDEN openPath') },
    crashReporter: { start: note('FORBIDDEN crashReporter') },
    autoUpdater: { checkForUpdates: note('FORBIDDEN autoUpdater'), setFeedURL: note('FORBIDDEN autoUpdater') },
    net: { fetch: note('FORBIDDEN net'), request: note('FORBIDDEN net') },
  };
  return { module, app, calls, windows, store, ipc };
};

export type Double = ReturnType<typeof electronDouble>;
