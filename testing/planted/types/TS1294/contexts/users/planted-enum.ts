export enum Planted {
  Open,
  Sold,
}
