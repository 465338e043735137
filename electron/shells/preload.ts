/** The bridge in Electron: one function, nothing else of Electron reaches the page. */
import { contextBridge, ipcRenderer } from 'electron';

contextBridge.exposeInMainWorld('selwright', {
  call: (channel: string, args: unknown) => ipcRenderer.invoke('selwright', channel, args),
});
