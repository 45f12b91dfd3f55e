// What the server says of its types: the answer of `dashboardSchema`. Lists and forms
// are made of it, and know no type by name.

export type Right = 'NONE' | 'OWN' | 'SOME' | 'ALL'
export type Kind = 'STRING' | 'ID' | 'INT' | 'INT64' | 'FLOAT' | 'BOOLEAN' | 'TIME' | 'DATE' | 'DECIMAL' | 'JSON' | 'ENUM'
  | 'EMBEDDED' | 'REFERENCE' | 'CONNECTION' | 'COMPUTED' | 'UPLOAD'
export type Direction = 'ASC' | 'DESC'

export interface Constraint {
  minLength: number | null; maxLength: number | null; pattern: string | null; format: string | null
  min: number | null; max: number | null; exclusiveMin: number | null; exclusiveMax: number | null; multipleOf: number | null
  minItems: number | null; maxItems: number | null; uniqueItems: boolean | null
}

export interface Field {
  name: string; input: string | null; filter: string | null; operators: string[]
  kind: Kind; of: string | null; list: boolean; required: boolean; nullable: boolean; default: unknown; start: string | null
  label: string; description: string; group: string | null; position: number; widget: string | null
  hidden: boolean; listed: boolean; bulk: boolean; unique: boolean
  readable: Right; onCreate: boolean; onUpdate: boolean
  constraint: Constraint | null
}

export interface Action { name: string; label: string; description: string; payload: string; tells: string[]; when: object | null; fields: Field[] }

export interface Type {
  name: string; label: string; labels: string; description: string; group: string | null; order: number; hidden: boolean
  singleton: boolean; title: string | null; owner: string | null; one: string; list: string | null; search: boolean
  orders: { value: string; field: string | null }[]; defaultOrder: string | null; defaultDirection: Direction
  changed: string | null
  preview: string | null; uses: string | null
  read: Right; create: Right; update: Right; delete: Right
  createMutation: string | null; createTells: string[]; upload: Action | null; updateMutation: string | null; deleteMutation: string | null
  actions: Action[]; rules: string[]; fields: Field[]
}

export interface Embedded { name: string; label: string; description: string; fields: Field[] }
export interface Enum { name: string; label: string; description: string; values: { value: string; label: string; description: string }[] }
export interface Answer { types: Type[]; embedded: Embedded[]; enums: Enum[] }

/** Schema answers questions about the types. */
export class Schema {
  readonly types: Type[]
  #types: Map<string, Type>
  #embedded: Map<string, Embedded>
  #enums: Map<string, Enum>

  constructor(answer: Answer) {
    this.types = answer.types
    for (const { fields } of [...answer.types, ...answer.embedded]) fields.sort((a, b) => a.position - b.position)
    this.#types = new Map(answer.types.map(t => [t.name, t]))
    this.#embedded = new Map(answer.embedded.map(e => [e.name, e]))
    this.#enums = new Map(answer.enums.map(e => [e.name, e]))
  }

  type = (name: string | null) => this.#types.get(name ?? '')
  embedded = (name: string | null) => this.#embedded.get(name ?? '')
  enum = (name: string | null) => this.#enums.get(name ?? '')
  /** at finds the type whose screens are at content/<path>. */
  at = (path: string) => this.types.find(t => pathOf(t) === path)
}

/** pathOf is what addresses say of a type. */
export const pathOf = (type: Type) => type.list ?? type.one

export const field = (type: Type, name: string | null) => type.fields.find(f => f.name === name)

/** isFile reports whether records of the type are files: they have an address and a media type. */
export const isFile = (type: Type | undefined) => ['url', 'contentType', 'filename'].every(name => type?.fields.some(f => f.name === name))

/** fileOf is the field by which an action takes a file; undefined when it takes none. */
export const fileOf = (action: Action): Field | undefined => action.fields.find(f => f.kind === 'UPLOAD')

/** actionsOf are what is done to a record; a file is replaced where it is shown. */
export const actionsOf = (type: Type): Action[] => type.actions.filter(action => !fileOf(action))

/** isAccount reports whether records of the type are those who sign in: each is its own owner. */
export const isAccount = (type: Type | undefined) => type?.owner === 'id'

/** ownsFirst reports whether somebody who may change only their own sees these first. */
export const ownsFirst = (type: Type) => type.owner !== null && !isAccount(type) && type.update === 'OWN'

/** isSlug reports whether the field is what the record has in addresses. */
export const isSlug = (f: Field) => f.constraint?.format === 'SLUG' || f.name === 'slug'

export const isReadable = (f: Field) => f.readable !== 'NONE'

/** isShown reports whether lists and forms can show the field: others have no value of their own. */
export const isShown = (f: Field) => isReadable(f) && !f.hidden && f.kind !== 'CONNECTION' && f.kind !== 'COMPUTED'
