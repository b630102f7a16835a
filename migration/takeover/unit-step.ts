import type { OwnerSwitch, Step } from '@ticketbuddy/cutover';
import type { Takeover } from './takeover.ts';

export type UnitSwitch = OwnerSwitch & { readonly takeover: Takeover };

export type UnitStep = Step<UnitSwitch>;
