/** Parts of Carbon that say something of their own accord, in English: here they are told what to say. */
import { InlineNotification, PasswordInput } from '@carbon/react';
import type { ComponentProps } from 'react';
import { said, t } from '../../words/language.ts';

/** How bad it is, for those who do not see the icon. */
export const NOTICE_KINDS = said({
  error: 'error icon',
  info: 'info icon',
  success: 'success icon',
  warning: 'warning icon',
});

/** Texts of what closes a notification and of its icon. */
export const noticeTexts = (kind: keyof typeof NOTICE_KINDS) => ({
  'aria-label': t('close notification'),
  statusIconDescription: t(NOTICE_KINDS[kind]),
});

interface NoticeProps {
  readonly kind: keyof typeof NOTICE_KINDS;
  readonly title: string;
  readonly subtitle?: string;
  /** closes it; without, it stays */
  readonly onClose?: () => void;
}

/** A notice in the page. */
export const Notice = ({ kind, title, subtitle = '', onClose }: NoticeProps) => (
  <InlineNotification
    {...noticeTexts(kind)}
    kind={kind}
    lowContrast
    title={title}
    subtitle={subtitle}
    hideCloseButton={onClose === undefined}
    onClose={() => {
      onClose?.();
      return false;
    }}
  />
);

/** A field whose text is hidden until its user shows it. */
export const HiddenInput = (props: ComponentProps<typeof PasswordInput>) => (
  <PasswordInput
    autoComplete="off"
    spellCheck={false}
    showPasswordLabel={t('Show password')}
    hidePasswordLabel={t('Hide password')}
    {...props}
  />
);
