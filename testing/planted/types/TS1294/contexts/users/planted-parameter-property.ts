export class Planted {
  constructor(readonly seat: number) {}
}
