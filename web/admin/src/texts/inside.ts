/** inside is a label inside a sentence: without capitals, but for abbreviations such as API. */
export const inside = (label: string) => label.replace(/\p{Lu}(?=\p{Ll})/gu, letter => letter.toLowerCase())
