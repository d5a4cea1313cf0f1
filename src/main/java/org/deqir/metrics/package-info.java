/**
 * How well a restored image agrees with the truth or with a second measurement.
 *
 * <p>Every metric takes planes as row-major {@code float[]} arrays, one entry per pixel in grey
 * levels, and computes in double precision. Arguments are never changed. All of them throw {@link
 * java.lang.IllegalArgumentException} for planes of different size, for an empty plane and for a
 * pixel that is NaN or infinite, with a message that names the plane; a metric that is undefined
 * for constant planes says so in its own documentation.
 */
package org.deqir.metrics;
