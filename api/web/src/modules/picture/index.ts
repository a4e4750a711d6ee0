/** The map as a picture to take along; loads once the map stands. */
import { defineAsyncComponent } from 'vue'

export const SavePicture = defineAsyncComponent(() => import('./SavePicture.vue'))
