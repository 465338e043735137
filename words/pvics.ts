/** What must lie beside a pvics.yaml, in sentences. */
import { t } from './language.ts';

/** @param recordIn directory with the tenant's record of the bundle; null: it is in the project file */
export const besideSays = (
  beside: {
    readonly files: readonly string[];
    readonly values: string;
    readonly extensionSecret: string;
    readonly bundle?: string | undefined;
  },
  recordIn: string | null,
): { name: string; says: string }[] => [
  { name: beside.files.join(', '), says: t('The files that you chose in the step Host keys.') },
  { name: `${beside.values}/`, says: t('Your values: the step Secrets saves them. They are secret.') },
  {
    name: beside.extensionSecret,
    says:
      recordIn === null
        ? t('The extension secret of this bundle, out of the project file: selwright project export --records DIR. It is secret.')
        : t('A copy of {folder}/extension-secret. It is secret.', { folder: recordIn }),
  },
  ...(beside.bundle === undefined ? [] : [{ name: `${beside.bundle}/`, says: t('The bundle, saved as a folder.') }]),
];
