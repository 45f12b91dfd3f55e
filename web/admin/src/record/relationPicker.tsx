import { ActionIcon, Group, Modal } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import type { Reference } from '../api/documents'
import type { Field, Type } from '../api/schema'
import { RecordSelect } from '../parts/recordSelect'
import type { Around } from '../parts/scalar'
import { useTexts, word } from '../texts'
import { Editor } from './editor'

export interface PickerProps { type: Type; field: Field; multiple: boolean; value: Reference[]; onChange: (value: Reference[]) => void; around: Around }

/** RelationPicker finds a record, or makes one in place. */
export function RelationPicker({ type, multiple, value, onChange, around }: PickerProps) {
  const t = useTexts()
  const [making, make] = useState(false)
  const label = t.newOne(word(t, type.label))
  return (
    <Group gap={4} wrap="nowrap" align="flex-end">
      <div style={{ flex: 1, minWidth: 0 }}><RecordSelect type={type} multiple={multiple} value={value} onChange={onChange} input={around} /></div>
      {type.createMutation && type.create !== 'NONE' && <ActionIcon variant="default" size={36} aria-label={label} title={label} onClick={() => make(true)}><IconPlus size={16} /></ActionIcon>}
      <Modal opened={making} onClose={() => make(false)} title={label} size="xl">
        <Editor type={type} inPlace={made => { onChange(multiple ? [...value, made] : [made]); make(false) }} />
      </Modal>
    </Group>
  )
}
