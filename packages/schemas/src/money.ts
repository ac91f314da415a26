import { z } from 'zod';
import { leaf } from './standard.ts';

// Source: ISO 4217:2015 active codes (list one, 2025), without metals, testing codes and units of account that nobody pays in.
const withDecimals = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
    CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS
    KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
    PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
};

const decimalsByCurrency = new Map(
  Object.entries(withDecimals).flatMap(([decimals, codes]) =>
    codes.split(/\s+/).map((code) => [code, Number(decimals)] as const),
  ),
);

/** Every currency that can be paid in. */
export const currencies: readonly string[] = [...decimalsByCurrency.keys()];

/** How many decimals a currency's major unit has: EUR 2, JPY 0, KWD 3. `undefined` for a code that ISO 4217 does not list. */
export const decimalsOf = (currency: string): number | undefined => decimalsByCurrency.get(currency);

/** An ISO 4217 code, forgiven its case and white space, kept in upper case. */
export const currency = leaf(
  z
    .string()
    .trim()
    .toUpperCase()
    .refine((code) => decimalsByCurrency.has(code), 'expected an active ISO 4217 currency code'),
  (code) => decimalsByCurrency.has(code),
);

/** An amount in the currency's minor unit (cents): a whole number from 0 to 10^12, so that sums of a thousand stay exact. */
export const minor = z.int().min(0).max(1_000_000_000_000);
