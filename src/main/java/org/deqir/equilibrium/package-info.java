/**
 * Restoration as the equilibrium of a whole sampling chain: the chain, the joint map F whose fixed
 * point its states are, and the solvers that find it.
 *
 * <p>The method is that of Cao et al., "Deep Equilibrium Diffusion Restoration with Parallel
 * Sampling" (CVPR 2024), extended to noisy measurements through {@link org.deqir.physics.DataStep}.
 */
package org.deqir.equilibrium;
