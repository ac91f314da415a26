import type { Show } from '@boxoffice/schemas';
import { priceLevels, venues } from './venues.ts';
import type { Venue } from './venues.ts';

/** A show with what a booking of it needs to know. */
export interface Offer {
  readonly show: Show;
  readonly currency: string;
  /** Sections with the price of a seat there, in minor units of `currency`. */
  readonly sections: readonly (readonly [name: string, priceMinor: number])[];
  /** How much it is asked for, beside the others. */
  readonly popularity: number;
}

/** Title, category, price of a good seat in euros. The n-th plays at the n-th venue, and so around. */
const billing: readonly (readonly [title: string, category: string, euros: number])[] = [
  ['Neon Tide', 'concert', 85],
  ['Les Heures Claires', 'theatre', 48],
  ['The Night Ferry', 'theatre', 62],
  ['Glacier Sessions', 'concert', 95],
  ['Midsommar i maj', 'concert', 70],
  ['Die Uhrmacherin', 'opera', 110],
  ['Sombras de sal', 'dance', 45],
  ['Superluna', 'concert', 78],
  ['Bursztyn', 'musical', 40],
  ['Eldfjallið', 'family', 35],
  ['A Parliament of Crows', 'comedy', 30],
  ['The Pearl Diver', 'opera', 90],
  ['Weltraumtag', 'family', 28],
  ['Le Bal des Ombres', 'dance', 55],
  ['Small Hours', 'comedy', 34],
  ['Alpenglühen Open', 'sport', 65],
  ['Vinterljus', 'classical', 58],
  ['Requiem für eine Stadt', 'classical', 72],
  ['La última función', 'theatre', 38],
  ['Finale di Coppa', 'sport', 60],
  ['Żagle', 'dance', 33],
  ['Norðurljós', 'classical', 44],
  ['Highland Static', 'concert', 68],
  ['Sindbad', 'musical', 66],
  ['Hauptbahnhof!', 'musical', 82],
  ['Trois Chaises', 'comedy', 36],
  ['Paper Kingdoms', 'musical', 88],
  ['Echo und Firn', 'classical', 76],
  ['Isbjörnarna', 'sport', 42],
  ['Così fan tutti', 'opera', 105],
  ['Fuego lento', 'concert', 64],
  ['Il Circo di Vetro', 'family', 39],
  ['Sto lat śmiechu', 'comedy', 25],
  ['Ljóð og hljóð', 'concert', 50],
  ['The Tartan Variations', 'dance', 46],
  ['Desert Strings', 'classical', 74],
  ['Berlin, 4 Uhr', 'theatre', 52],
  ['La Grande Illusion', 'family', 32],
  ['Static & Silk', 'concert', 92],
  ['Kuhreihen', 'comedy', 41],
];

const sectionsOf = [
  ['Stalls', 1],
  ['Circle', 0.8],
  ['Balcony', 0.55],
  ['Boxes', 1.6],
] as const;

// A season far enough ahead that no run, whenever it is, sells a seat of a show that has begun.
const season = Date.UTC(2031, 8, 1, 18, 30);
const dayMs = 86_400_000;

const offer = (rank: number, index: number, at: Venue): Offer => {
  const [title, category, euros] = billing[index] ?? ['', '', 0];
  const { perEuro, step } = priceLevels[at.currency] ?? { perEuro: 100, step: 50 };
  // What is asked for more plays longer; seats are those of all its nights.
  const nights = 60 + Math.ceil(600 / (rank + 1));
  return {
    show: {
      showId: `show-${String(index + 1).padStart(2, '0')}`,
      catalogueVersion: 1,
      title,
      category,
      startsAt: new Date(season + index * 3 * dayMs + (index % 4) * 1_800_000).toISOString(),
      venueId: at.venueId,
      venueName: at.name,
      city: at.city,
      capacity: at.seats * nights,
    },
    currency: at.currency,
    sections: sectionsOf.map(([name, level]) => [name, Math.max(1, Math.round((euros * level * perEuro) / step)) * step]),
    // Zipf: the second most popular is asked for about half as much as the first.
    popularity: 1 / (rank + 1) ** 0.9,
  };
};

// 17 and 40 have no common divisor, so the ranks are a shuffle of the billing.
const offerAt = (index: number): Offer =>
  offer((index * 17 + 32) % billing.length, index, venues[index % venues.length] ?? venues[0]);

/** Everything that can be booked, in the order of the show ids. */
export const offers: readonly [Offer, ...Offer[]] = [offerAt(0), ...billing.slice(1).map((_, index) => offerAt(index + 1))];

/**
 * The shows of the synthetic world: 40 of them in 12 venues of seven currencies. It is one fixed world, the same for every
 * seed and every period, so that runs can follow one another into one warehouse.
 */
export const catalogue = (): Show[] => offers.map(({ show }) => show);
