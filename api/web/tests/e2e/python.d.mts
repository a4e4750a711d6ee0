export const root: string
export const python: string
export const env: NodeJS.ProcessEnv
