/** A venue and what its country decides: the currency, and how prices are set in it. */
export interface Venue {
  readonly venueId: string;
  readonly name: string;
  readonly city: string;
  readonly currency: string;
  /** Seats of one night. */
  readonly seats: number;
}

/** Minor units to a euro, about, and the step to which prices are rounded. ISK has no decimals, KWD three. */
export const priceLevels: Readonly<Record<string, { readonly perEuro: number; readonly step: number }>> = {
  EUR: { perEuro: 100, step: 50 },
  GBP: { perEuro: 86, step: 50 },
  CHF: { perEuro: 95, step: 50 },
  SEK: { perEuro: 1_130, step: 500 },
  PLN: { perEuro: 430, step: 100 },
  ISK: { perEuro: 145, step: 100 },
  KWD: { perEuro: 335, step: 250 },
};

const venue = (venueId: string, name: string, city: string, currency: string, seats: number): Venue => ({
  venueId,
  name,
  city,
  currency,
  seats,
});

export const venues = [
  venue('venue-01', 'Spreehalle', 'Berlin', 'EUR', 12_000),
  venue('venue-02', 'Théâtre des Ormes', 'Paris', 'EUR', 2_200),
  venue('venue-03', 'The Lantern Rooms', 'London', 'GBP', 3_600),
  venue('venue-04', 'Limmat Arena', 'Zürich', 'CHF', 9_000),
  venue('venue-05', 'Norrsken Live', 'Stockholm', 'SEK', 7_500),
  venue('venue-06', 'Hofgartensaal', 'Wien', 'EUR', 1_900),
  venue('venue-07', 'Teatro del Faro', 'Madrid', 'EUR', 3_100),
  venue('venue-08', 'Arena sul Naviglio', 'Milano', 'EUR', 11_000),
  venue('venue-09', 'Hala Bursztynowa', 'Gdańsk', 'PLN', 6_000),
  venue('venue-10', 'Hvalasalur', 'Reykjavík', 'ISK', 1_600),
  venue('venue-11', 'Castle Terrace Stage', 'Edinburgh', 'GBP', 5_200),
  venue('venue-12', 'Pearl Pavilion', 'Kuwait City', 'KWD', 2_400),
] as const;
