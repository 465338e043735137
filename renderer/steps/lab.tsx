/** The attack lab: what a provider, a mistake or root in the guest can do to this bundle, and who notices. */
import { Button, Select, SelectItem, SelectItemGroup } from '@carbon/react';
import { useEffect, useState } from 'react';
import type { AttackView, LabView } from '../../electron/contract.ts';
import { t } from '../../words/language.ts';
import { Notice } from '../components/carbon.tsx';
import { Findings } from '../components/findings.tsx';
import { Timeline } from '../components/timeline.tsx';
import { useStore } from '../store.ts';

const KIND = { guest: 'success', verdict: 'success', 'bundle-check': 'info', nothing: 'warning' } as const;

const comesTo = ({ boot, gradeName }: LabView): string => {
  if (!boot.booted) return t('The guest powers off at: {stage}.', { stage: boot.stoppedAt ?? '' });
  return gradeName === null
    ? t('The guest comes up.')
    : t('The guest comes up. Verdict on its report: {grade}.', { grade: gradeName });
};

const Outcome = ({ result }: { readonly result: LabView }) => (
  <>
    <Notice kind={KIND[result.caughtBy]} title={result.caughtSays} subtitle={comesTo(result)} />
    <p>{result.lesson}</p>
    {result.findings.length > 0 && (
      <div>
        <h3>{t('What the check of the bundle says')}</h3>
        <Findings findings={result.findings} />
      </div>
    )}
    <details className="fold">
      <summary>{t('The boot, stage by stage')}</summary>
      <Timeline boot={result.boot} />
    </details>
  </>
);

export const Lab = ({ host }: { readonly host: string }) => {
  const ask = useStore((s) => s.ask);
  const busy = useStore((s) => s.busy);
  const [attacks, setAttacks] = useState<readonly AttackView[]>([]);
  const [chosen, setChosen] = useState('');
  const [result, setResult] = useState<LabView>();
  useEffect(() => {
    void ask('lab.list', {}).then((answer) => answer && setAttacks(answer.attacks));
  }, [ask]);
  const attack = attacks.find((a) => a.id === chosen) ?? attacks[0];
  const groups = [...new Set(attacks.map((a) => a.by))];
  const run = async (): Promise<void> => {
    if (attack) setResult(await ask('lab.run', { host, attack: attack.id }, t('Trying the attack')));
  };
  return (
    <section className="card">
      <h2>{t('Attack lab')}</h2>
      <p>{t('See what happens when somebody tampers with this bundle. Nothing here changes the bundle itself.')}</p>
      <div className="row">
        <Select
          id="attack"
          labelText={t('What is done')}
          value={attack?.id ?? ''}
          onChange={(e) => {
            setChosen(e.target.value);
            setResult(undefined);
          }}
        >
          {groups.map((g) => (
            <SelectItemGroup key={g} label={g}>
              {attacks
                .filter((a) => a.by === g)
                .map((a) => (
                  <SelectItem key={a.id} value={a.id} text={a.name} />
                ))}
            </SelectItemGroup>
          ))}
        </Select>
        <Button kind="tertiary" size="md" disabled={attack === undefined || busy !== undefined} onClick={() => void run()}>
          {t('Try it')}
        </Button>
      </div>
      {attack && <p className="quiet">{attack.does}</p>}
      {result && <Outcome result={result} />}
    </section>
  );
};
