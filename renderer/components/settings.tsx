/** Language, theme and size of the window, and the keys that work everywhere. */
import { Modal, Select, SelectItem } from '@carbon/react';
import type { SettingsView } from '../../electron/contract.ts';
import { said, t } from '../../words/language.ts';
import { SHORTCUTS } from '../shortcuts.ts';
import { useStore } from '../store.ts';

const THEMES: Record<SettingsView['theme'], string> = said({ system: 'As the system', light: 'Light', dark: 'Dark' });

/** Names of languages are written in their own. */
const LANGUAGES: Record<Exclude<SettingsView['language'], 'system'>, string> = { en: 'English', de: 'Deutsch' };

const pick = <T extends string>(value: string, all: Readonly<Record<T, unknown>>): T | 'system' =>
  Object.hasOwn(all, value) ? (value as T) : 'system';

export const SettingsDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const settings = useStore((s) => s.settings);
  const prefer = useStore((s) => s.prefer);
  if (!settings) return null;
  return (
    <Modal open passiveModal modalHeading={t('Settings')} closeButtonLabel={t('Close')} onRequestClose={onClose} size="sm">
      <div className="stack">
        <Select
          id="language"
          data-modal-primary-focus
          labelText={t('Language')}
          helperText={t('Files for others, such as the instructions for the operator, stay in English.')}
          value={settings.language}
          onChange={(e) => void prefer({ language: pick(e.target.value, LANGUAGES) })}
        >
          <SelectItem value="system" text={t('As the system')} />
          {Object.entries(LANGUAGES).map(([id, name]) => (
            <SelectItem key={id} value={id} text={name} />
          ))}
        </Select>
        <Select
          id="theme"
          labelText={t('Theme')}
          value={settings.theme}
          onChange={(e) => void prefer({ theme: pick(e.target.value, THEMES) })}
        >
          {Object.entries(THEMES).map(([id, name]) => (
            <SelectItem key={id} value={id} text={t(name)} />
          ))}
        </Select>
        <Select
          id="zoom"
          labelText={t('Size of text and controls')}
          value={settings.zoom}
          onChange={(e) => void prefer({ zoom: settings.zooms.find((z) => String(z) === e.target.value) ?? 100 })}
        >
          {settings.zooms.map((z) => (
            <SelectItem key={z} value={z} text={`${z} %`} />
          ))}
        </Select>
      </div>
      <h3>{t('Keys')}</h3>
      <dl className="shortcuts">
        {SHORTCUTS.map(([keys, does]) => (
          <div key={does} className="shortcuts__row">
            <dt>
              {keys.map((k, i) => (
                <span key={k}>
                  {i > 0 && ' + '}
                  <kbd>{t(k)}</kbd>
                </span>
              ))}
            </dt>
            <dd>{t(does)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
};
