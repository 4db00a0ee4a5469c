/* sky.h -- places on the sphere: distances, directions, galactic and equatorial frames, places as users type them.  Degrees. */
#ifndef FE_PHYS_SKY_H
#define FE_PHYS_SKY_H
#include <stddef.h>
#include <stdbool.h>
#include "base/err.h"

/* Great-circle distance, also of places that are near or opposite (Vincenty's form). */
double fe_sky_separation(double lon1, double lat1, double lon2, double lat2);
void fe_sky_separations(double lon0, double lat0, size_t n, const double *lon, const double *lat, double *out);     /* of many from one */
/* Direction from place 1 to place 2, from north through east: 0 .. 360. */
double fe_sky_position_angle(double lon1, double lat1, double lon2, double lat2);
/* Longitude and latitude of a place in the frame turned so that place 0 is its origin and north stays north: -180 .. 180. */
void fe_sky_offsets(double lon0, double lat0, double lon, double lat, double *east, double *north);
/* The way back. */
void fe_sky_of_offsets(double lon0, double lat0, double east, double north, double *lon, double *lat);
/* ICRS and galactic, by the matrix of astropy (sky.c). */
void fe_sky_icrs_to_galactic(double ra, double dec, double *l, double *b);
void fe_sky_galactic_to_icrs(double l, double b, double *ra, double *dec);
/* "83.63,22.01" (ICRS degrees) | "gal:184.56,-5.78" | "05h34m31.9s,+22d00m52s" -> ICRS. */
int fe_sky_parse(const char *text, double *ra, double *dec, fe_err *err) FE_RESULT;
/* Degrees or sexagesimal, with letters or colons (hours of a right ascension, degrees else); stays in its frame. -1: neither. */
int fe_sky_parse_pair(const char *lon, const char *lat, bool galactic, double *lon_deg, double *lat_deg) FE_RESULT;
#endif
