import { Alert, Button, Group, Stack } from '@mantine/core'
import { useEffect, useId, useMemo, useState } from 'react'
import { mine, useChanges } from '../api/changes'
import { ask, change } from '../api/client'
import { changeDocument, recordDocument, type Mutation, type Row } from '../api/documents'
import { pathOf, type Action, type Type } from '../api/schema'
import type { Fault } from '../api/session'
import { useSite } from '../context'
import { modals } from '../parts/ask'
import { askDelete } from '../parts/askDelete'
import { isFault, showDone, showFault } from '../parts/fault'
import { tell } from '../parts/told'
import { go, setGuard } from '../router'
import { formats, sentence, useTexts } from '../texts'
import { Conflict } from './conflict'
import { Draft, useIsDirty, type Errors, type Values } from './draft'
import { FormId } from './fieldInput'
import { Fields } from './fields'
import { Header } from './header'
import { creation, editable, emptied, emptyRecord, hasBroken, missing, update } from './input'
import { useSaved } from './useSaved'

interface Props {
  type: Type
  record?: Row // undefined for a new one
  start?: Values // what a new one begins with
  inPlace?: (made: Row) => void // within another form: it has the address and the draft
}

type Change = { payload: { record: Row } & Record<string, unknown> | null }

/** Editor is the form of one record, from the first letter to its end. */
export function Editor({ type, record, start, inPlace }: Props) {
  const t = useTexts()
  const { schema, viewer } = useSite()
  const [draft] = useState(() => {
    const draft = new Draft(record ?? emptyRecord(schema, type))
    if (start) draft.replace(start)
    return draft
  })
  const [stored, setStored] = useState(record)
  const [gone, setGone] = useState(false)
  const [theirs, setTheirs] = useState<Row>()
  const [busy, setBusy] = useState(false)
  const formId = useId()
  const dirty = useIsDirty(draft)
  const saved = useSaved(inPlace ? undefined : `draft.${viewer.id}.${type.name}.${record?.id ?? 'new'}`, draft)
  const watched = useMemo(() => (type.singleton ? undefined : { id: { eq: record?.id ?? '' } }), [record?.id])
  const [changes, clearChanges] = useChanges(record ? type : { ...type, changed: null }, watched)
  const news = stored && changes.get(stored.id)
  const readOnly = stored ? !type.updateMutation || type.update === 'NONE' : false

  useEffect(() => { if (news === 'REMOVED') setGone(true) }, [news])
  useEffect(() => {
    if (inPlace) return
    setGuard(dirty ? () => modals.ask({ title: t.unsaved, text: t.unsavedHint, yes: t.leave }) : undefined)
    const warn = (e: BeforeUnloadEvent) => { if (dirty) e.preventDefault() }
    addEventListener('beforeunload', warn)
    return () => { removeEventListener('beforeunload', warn); setGuard(undefined) }
  }, [dirty, t])

  const latest = async () => (await ask<{ record: Row | null }>(recordDocument(schema, type), type.singleton ? {} : { id: stored!.id })).record

  /** refuse says what went wrong, where it can be mended. */
  async function refuse(fault: Fault) {
    const code = fault.extensions?.code
    const fields = fault.extensions?.fields ?? []
    if (code === 'CONFLICT' && fault.extensions?.currentVersion !== undefined) return compare()
    if (code === 'NOT_FOUND' && stored) setGone(true)
    if (fields.length === 0) return showFault(t, fault)
    point(Object.fromEntries(fields.map(f => [f.path.replace(/^input\./, ''), f.code === 'REQUIRED' ? t.required : sentence(f.message)])))
  }

  /** point says at the fields what is wrong, and leads to the first. */
  function point(errors: Errors) {
    draft.fail(errors)
    showFault(t, { message: t.lookAtFields })
    setTimeout(() => document.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid]')?.focus())
  }

  async function compare() {
    try {
      const now = await latest()
      clearChanges()
      if (!now) setGone(true)
      else if (draft.dirty().length > 0) setTheirs(now)
      else adopt(now)
    } catch (thrown) {
      if (isFault(thrown)) showFault(t, thrown)
    }
  }

  function adopt(now: Row, except: string[] = []) {
    draft.rebase(now, except)
    setStored(now)
  }

  async function send(mutation: Mutation, input: Values): Promise<Row | undefined> {
    setBusy(true)
    if (stored) mine(stored.id)
    const { data, faults } = await change<Change>(changeDocument(schema, type, mutation), { input })
    setBusy(false)
    if (!data?.payload?.record) {
      await refuse(faults[0] ?? { message: '' })
      return
    }
    const { record: row, ...told } = data.payload
    mine(row.id)
    tell(Object.fromEntries(mutation.tells.map(name => [name, told[name]])))
    return row
  }

  async function save(asNew = !stored) {
    if (hasBroken(draft.values)) return showFault(t, { message: t.notJson })
    const sent = editable(type, asNew).filter(f => asNew || draft.dirty().includes(f.name))
    const absent = [...missing(schema, sent, draft.values), ...(asNew ? [] : emptied(sent, draft.values))]
    if (absent.length > 0) return point(Object.fromEntries(absent.map(path => [path, t.required])))
    const row = asNew
      ? await send({ name: type.createMutation!, payload: type.one, tells: type.createTells }, creation(schema, type, draft.values))
      : await send({ name: type.updateMutation!, payload: type.one, tells: [] }, update(schema, type, draft.base as Row, draft.values, draft.dirty()))
    if (!row) return
    saved.drop()
    draft.rebase(row, Object.keys(draft.values))
    showDone(t.saved)
    if (inPlace) return inPlace(row)
    setStored(row)
    if (asNew) { setGuard(undefined); void go(`content/${pathOf(type)}/${row.id}`, { replace: true }) }
  }

  async function act(action: Action, input: object) {
    if (draft.dirty().length > 0 && !(await modals.ask({ title: t.unsaved, text: t.actUnsaved, yes: t.goOn }))) return
    const row = await send(action, { id: stored!.id, ...input })
    if (!row) return
    adopt(row)
    showDone(t.done)
  }

  async function remove() {
    if (!(await askDelete(t, schema, type, [stored!]))) return
    const { faults } = await change(`mutation Delete($input: Delete${type.name}Input!) { ${type.deleteMutation}(input: $input) { __typename } }`, { input: { id: stored!.id } })
    if (faults.length > 0) return showFault(t, faults[0])
    saved.drop()
    setGuard(undefined)
    void go(`content/${pathOf(type)}`)
  }

  return (
    <form noValidate onSubmit={e => { e.preventDefault(); e.stopPropagation(); if (!busy) void save() }}
      onKeyDown={e => { if (e.key === 's' && (e.ctrlKey || e.metaKey) && !e.altKey) { e.preventDefault(); e.stopPropagation(); if (!busy && dirty) void save() } }}>
      <Stack gap="md">
        {inPlace
          ? null
          : <Header type={type} record={stored} draft={draft} dirty={dirty} busy={busy} gone={gone} canSave={!readOnly && !gone} act={act} remove={remove} />}
        {gone && (
          <Alert color="red" title={t.gone}>
            {t.goneHint}
            {type.createMutation && <div><Button mt="xs" size="xs" onClick={() => save(true)}>{t.saveAsNew}</Button></div>}
          </Alert>
        )}
        {news === 'UPDATED' && !gone && <Alert title={t.somebodySaved}><Button size="xs" onClick={compare}>{t.show}</Button></Alert>}
        {saved.left && (
          <Alert color="yellow" title={t.leftDraft(formats.time(saved.left.at))}>
            <Group gap="xs"><Button size="xs" onClick={saved.restore}>{t.restore}</Button><Button size="xs" variant="default" onClick={saved.drop}>{t.discard}</Button></Group>
          </Alert>
        )}
        {readOnly && <Alert color="gray">{t.readOnly}</Alert>}
        <FormId value={inPlace ? formId : 'field'}><Fields type={type} draft={draft} record={stored} narrow={Boolean(inPlace)} adopt={adopt} /></FormId>
        {inPlace && <Group justify="flex-end"><Button type="submit" loading={busy}>{t.save}</Button></Group>}
      </Stack>
      {theirs && <Conflict type={type} draft={draft} theirs={theirs} close={() => setTheirs(undefined)}
        settle={take => { adopt(theirs, take); setTheirs(undefined); if (draft.dirty().length > 0) void save() }} />}
    </form>
  )
}

