/** Machine types of IBM Z and LinuxONE that have Secure Execution: for recognising one in a certificate's subject or a file name. */
import { said, t } from './language.ts';

const MACHINES: Record<string, string> = said({
  '8561': 'IBM z15 or LinuxONE III',
  '8562': 'IBM z15 T02 or LinuxONE III LT2',
  '3931': 'IBM z16 or LinuxONE 4',
  '3932': 'IBM z16 A02 or LinuxONE Rockhopper 4',
  '9175': 'IBM z17 or LinuxONE 5',
});

const typeIn = (text: string): string | undefined =>
  Object.keys(MACHINES).find((type) => new RegExp(`(^|[^0-9])${type}([^0-9]|$)`).test(text));

const modelOf = (type: string): string => `${t(MACHINES[type] as string)} (${type})`;

/** The model, and where it was read: the file name is anybody's word. Null when neither names one. */
export const modelSays = (subject: string, file: string): string | null => {
  const certified = typeIn(subject);
  if (certified !== undefined) return modelOf(certified);
  const named = typeIn(file);
  return named === undefined ? null : t('the file name says {model}', { model: modelOf(named) });
};
