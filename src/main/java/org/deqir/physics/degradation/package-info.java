/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/**
 * What can happen to an image: the kinds of {@link org.deqir.physics.Degradation}.
 *
 * <p>Each says by itself how it is undone: from which first guess, through which noise levels, with
 * which care. A new kind is a file here; nobody outside of this package asks which kind one is.
 */
package org.deqir.physics.degradation;
