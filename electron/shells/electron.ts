/** The Electron shell: one window, sandboxed, without network, without navigation, without permissions. */
import { join } from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, Menu, nativeTheme, protocol, session } from 'electron';
import { nodeEnv } from '../../edge/env.ts';
import { VERSION } from '../../edge/version.ts';
import { ELECTRON_HOST, ELECTRON_SCHEME, loadAsset } from '../assets.ts';
import { createDispatch } from '../handlers.ts';
import { Session } from '../session.ts';

const ROOT = join(import.meta.dirname, '..', 'renderer');
const START = `${ELECTRON_SCHEME}://${ELECTRON_HOST}/index.html`;

/** Ours is a custom scheme: URL.origin says "null" for it, so protocol and host are compared. */
export const isOurs = (address: string): boolean => {
  try {
    const url = new URL(address);
    return url.protocol === `${ELECTRON_SCHEME}:` && url.host === ELECTRON_HOST;
  } catch {
    return false;
  }
};

/** The one permission there is: writing to the clipboard, for the copy buttons. */
export const isAllowed = (permission: string, address: string): boolean =>
  permission === 'clipboard-sanitized-write' && isOurs(address);

protocol.registerSchemesAsPrivileged([{ scheme: ELECTRON_SCHEME, privileges: { standard: true, secure: true } }]);
app.enableSandbox();
if (!app.requestSingleInstanceLock()) app.quit();

const openWindow = (): BrowserWindow => {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 900,
    minHeight: 640,
    show: false,
    title: 'Selwright',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#161616' : '#ffffff',
    webPreferences: {
      preload: join(import.meta.dirname, 'preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  window.once('ready-to-show', () => window.show());
  window.loadURL(START);
  return window;
};

app.on('web-contents-created', (_, contents) => {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
});

app.whenReady().then(() => {
  Menu.setApplicationMenu(null);
  const own = session.defaultSession;
  own.setPermissionRequestHandler((contents, permission, answer) => answer(isAllowed(permission, contents.getURL())));
  own.setPermissionCheckHandler((_contents, permission, origin) => isAllowed(permission, origin));
  own.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isOurs(details.url) }));
  own.setSpellCheckerDictionaryDownloadURL('app://selwright/none/');
  protocol.handle(ELECTRON_SCHEME, (request) => {
    if (!isOurs(request.url)) return new Response(null, { status: 404 });
    const asset = loadAsset(ROOT, request.url);
    return new Response(new Uint8Array(asset.body), { status: asset.status, headers: asset.headers });
  });

  let window = openWindow();
  const dispatch = createDispatch(
    {
      shell: 'electron',
      version: VERSION,
      canChooseFolder: true,
      chooseFolder: async () => {
        const answer = await dialog.showOpenDialog(window, { properties: ['openDirectory', 'createDirectory'] });
        return answer.filePaths[0] ?? null;
      },
    },
    new Session({ env: nodeEnv }),
  );
  ipcMain.handle('selwright', (event, channel: unknown, args: unknown) => {
    const frame = event.senderFrame;
    if (frame === null || frame.parent !== null || !isOurs(frame.url)) throw new Error('not from our window');
    return dispatch(String(channel), args);
  });
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) window = openWindow();
  });
  app.on('second-instance', () => {
    if (window.isMinimized()) window.restore();
    window.focus();
  });
});

app.on('window-all-closed', () => app.quit());
