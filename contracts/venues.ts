/**
 * The venues in the order of their wire numbers: messages carry the number, HTTP the name. The first ten are the
 * legacy's, which knows no other.
 */
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
  'StadiumOfTheNorth',
] as const;

export type Venue = (typeof venues)[number];
