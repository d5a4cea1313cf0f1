/**
 * The diffusion process: noise schedules, the timesteps a restoration visits, reproducible noise,
 * and the noise predictor ε_θ as the rest of the program sees it.
 */
package org.deqir.diffusion;
