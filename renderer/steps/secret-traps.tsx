/** What is wrong with a value, and what can be done about it with one click. */
import { Button } from '@carbon/react';
import type { SecretView } from '../../electron/contract.ts';
import { t } from '../../words/language.ts';
import { Passphrase, usePassphrase } from '../components/passphrase.tsx';
import { useStore } from '../store.ts';

const Remedy = ({
  secret,
  remedy,
}: {
  readonly secret: SecretView;
  readonly remedy: SecretView['traps'][number]['remedies'][number];
}) => {
  const change = useStore((s) => s.change);
  const passphrase = usePassphrase();
  const apply = async (): Promise<void> => {
    const bytes = remedy.needsPassphrase ? passphrase.take() : null;
    await change('secrets.remedy', { name: secret.name, remedy: remedy.id, passphrase: bytes }, t('Changing the value'));
    bytes?.fill(0);
  };
  return (
    <div className="row">
      {remedy.needsPassphrase && <Passphrase handle={passphrase} label={t('Passphrase of the key')} />}
      <Button size="sm" kind="tertiary" onClick={() => void apply()}>
        {remedy.says}
      </Button>
    </div>
  );
};

/** What is wrong, and what can be done about it here. @param secret whose value it is, where the program can do something */
export const Traps = ({ traps, secret }: { readonly traps: SecretView['traps']; readonly secret?: SecretView }) =>
  traps.map((x) => (
    <div key={`${x.says} ${x.details}`} className={x.severity === 'error' ? 'trap' : 'trap trap--warning'}>
      <p>
        <strong>{x.says}</strong> {x.todo} <span className="quiet">{x.details}</span>
      </p>
      {secret && x.remedies.map((r) => <Remedy key={r.id} secret={secret} remedy={r} />)}
    </div>
  ));
