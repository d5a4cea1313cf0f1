/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/** The dialog of a command, the same in Fiji and in a plain ImageJ. */
package org.deqir.command.dialog;
