/**
 * What to restore and how, on planes and ImgLib2 images; free of ImageJ.
 *
 * <p>{@link org.deqir.Restorer} takes a measurement and a {@link org.deqir.Restoration} and gives a
 * {@link org.deqir.RestorationResult}.
 */
package org.deqir;
