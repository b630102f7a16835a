/** The venues in the order of their wire numbers (0–9): messages carry the number, HTTP the name. */
export const venues = [
  'O2ArenaLondon',
  'WembleyStadiumLondon',
  'ManchesterArena',
  'UtilitaArenaBirmingham',
  'SSEHydroGlasgow',
  'FirstDirectArenaLeeds',
  'PrincipalityStadiumCardiff',
  'EmiratesOldTraffordManchester',
  'RoyalAlbertHallLondon',
  'RoundhouseLondon',
] as const;

export type Venue = (typeof venues)[number];
