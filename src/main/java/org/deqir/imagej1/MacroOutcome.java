/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import java.util.Optional;

/**
 * How a macro ended.
 *
 * @param error why it stopped early, empty if it came to its end or to its own {@code exit()}
 * @param log what it printed or logged, one line each
 * @param returned the text it returned, empty if it returned nothing
 */
public record MacroOutcome(Optional<String> error, String log, String returned) {}
