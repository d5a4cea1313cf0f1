/**
 * Initialization optimization: descent on the first state of a chain, under losses of the restored
 * image that need no ground truth (Cao et al. 2024, section 3.4; with losses of our own).
 */
package org.deqir.equilibrium.guidance;
