/**
 * What the commands have in common: the way from keys to a run and to its outputs, in {@link
 * org.deqir.command.base.DeqirCommand} for all of them and in {@link
 * org.deqir.command.base.RestorationCommand} for those that restore, and keys that many have.
 */
package org.deqir.command.base;
