;; words/count: counts the words that it is sent, and prints the totals at shutdown.
;;
;; A core module, built against the core names of the package in wit/. The runtime makes a
;; component of it. A list or a string crosses the border as a pointer and a length.
(module
  ;; The last parameter says where the answer goes: see $answer below.
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send_message
      (param $target i32) (param $target_len i32)
      (param $message i32) (param $message_len i32)
      (param $answer i32)))

  ;; Memory, from its start:
  ;;     16  $answer: result<_, send-error>. At 0 is 1 for an error. 24 bytes.
  ;;     48  $ok: a result of 16 zero bytes, which is ok(none) of handle-message and ok of init
  ;;     64  the target
  ;;     96  $digits: where a number is written, from its end
  ;;   4096  the first hash table
  ;;   8192  the heap: entries, larger tables; above $heap, what belongs to the call in hand
  (memory (export "memory") 1)
  (global $answer i32 (i32.const 16))
  (global $ok i32 (i32.const 48))
  (global $stdout i32 (i32.const 64))
  (global $stdout_len i32 (i32.const 14))
  (global $digits_end i32 (i32.const 112))
  (data (i32.const 64) "airssys/stdout")

  ;; The hash table: $slots pointers (a power of two) to entries, 0 where a slot is free.
  ;; An entry is the word's hash, its count and its length, 4 bytes each, and the word.
  (global $table (mut i32) (i32.const 4096))
  (global $slots (mut i32) (i32.const 1024))
  (global $words (mut i32) (i32.const 0))

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_len i32)
    (param $word i32) (param $word_len i32)
    (result i32)
    (local $hash i32) (local $slot i32) (local $entry i32)
    (local.set $hash (call $hash (local.get $word) (local.get $word_len)))
    (local.set $slot
      (call $find (local.get $hash) (local.get $word) (local.get $word_len)))
    (local.set $entry (i32.load (local.get $slot)))
    (if (local.get $entry)
      (then
        (i32.store offset=4 (local.get $entry)
          (i32.add (i32.load offset=4 (local.get $entry)) (i32.const 1))))
      (else
        (i32.store (local.get $slot)
          (call $new_entry (local.get $hash) (local.get $word) (local.get $word_len)))
        (global.set $words (i32.add (global.get $words) (i32.const 1)))
        ;; At most half of the slots are taken: a search stays short, and always ends.
        (if (i32.gt_u (i32.shl (global.get $words) (i32.const 1)) (global.get $slots))
          (then (call $double_table)))))
    (global.get $ok))

  ;; The runtime has read the result: what was allocated for the call is free again.
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message")
    (param $result i32)
    (global.set $top (global.get $heap)))

  (func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
    (global.get $ok))

  ;; One line for each word, in the order of its bytes, as `sort | uniq -c` prints it.
  (func (export "airssys:component/lifecycle@0.1.0#shutdown")
    (local $at i32) (local $end i32)
    (call $gather)
    (call $sort)
    (local.set $at (global.get $table))
    (local.set $end
      (i32.add (global.get $table) (i32.shl (global.get $words) (i32.const 2))))
    (global.set $out (global.get $heap))
    (global.set $out_end (global.get $heap))
    (block $no_more
      (loop $entries
        (br_if $no_more (i32.eq (local.get $at) (local.get $end)))
        (call $print_entry (i32.load (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $entries)))
    (call $flush))

  ;; ---- the hash table

  ;; FNV-1a.
  (func $hash (param $at i32) (param $len i32) (result i32)
    (local $end i32) (local $hash i32)
    (local.set $end (i32.add (local.get $at) (local.get $len)))
    (local.set $hash (i32.const 0x811c9dc5))
    (block $no_more
      (loop $bytes
        (br_if $no_more (i32.eq (local.get $at) (local.get $end)))
        (local.set $hash
          (i32.mul
            (i32.xor (local.get $hash) (i32.load8_u (local.get $at)))
            (i32.const 0x01000193)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (local.get $hash))

  ;; The address of the slot that has this word, or of the free one where it belongs.
  (func $find (param $hash i32) (param $word i32) (param $word_len i32) (result i32)
    (local $index i32) (local $slot i32) (local $entry i32)
    (local.set $index (local.get $hash))
    (loop $probe
      (local.set $slot (call $slot (local.get $index)))
      (local.set $entry (i32.load (local.get $slot)))
      (if (i32.eqz (local.get $entry))
        (then (return (local.get $slot))))
      (if (i32.eq (i32.load (local.get $entry)) (local.get $hash))
        (then
          (if (i32.eqz
                (call $compare
                  (i32.add (local.get $entry) (i32.const 12))
                  (i32.load offset=8 (local.get $entry))
                  (local.get $word) (local.get $word_len)))
            (then (return (local.get $slot))))))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br $probe))
    (unreachable))

  ;; The address of the slot with this index, counted round and round.
  (func $slot (param $index i32) (result i32)
    (i32.add (global.get $table)
      (i32.shl
        (i32.and (local.get $index) (i32.sub (global.get $slots) (i32.const 1)))
        (i32.const 2))))

  ;; A word seen once. The word to copy is an argument above $heap and may overlap the entry:
  ;; it is moved into its place before anything else of the entry is written.
  (func $new_entry (param $hash i32) (param $word i32) (param $word_len i32) (result i32)
    (local $entry i32)
    (local.set $entry
      (call $keep (i32.add (local.get $word_len) (i32.const 12))))
    (memory.copy
      (i32.add (local.get $entry) (i32.const 12))
      (local.get $word) (local.get $word_len))
    (i32.store (local.get $entry) (local.get $hash))
    (i32.store offset=4 (local.get $entry) (i32.const 1))
    (i32.store offset=8 (local.get $entry) (local.get $word_len))
    (local.get $entry))

  ;; Moves the entries into a table of twice the size. The old ones stay behind: together they
  ;; are never larger than the one in use.
  (func $double_table
    (local $at i32) (local $end i32) (local $entry i32)
    (local.set $at (global.get $table))
    (local.set $end (i32.add (local.get $at) (i32.shl (global.get $slots) (i32.const 2))))
    (global.set $slots (i32.shl (global.get $slots) (i32.const 1)))
    (global.set $table (call $keep (i32.shl (global.get $slots) (i32.const 2))))
    (memory.fill
      (global.get $table) (i32.const 0) (i32.shl (global.get $slots) (i32.const 2)))
    (loop $old_slots
      (local.set $entry (i32.load (local.get $at)))
      (if (local.get $entry)
        (then
          (i32.store (call $free_slot (i32.load (local.get $entry))) (local.get $entry))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $old_slots (i32.lt_u (local.get $at) (local.get $end)))))

  ;; The address of the free slot for a word with this hash that is not in the table.
  (func $free_slot (param $hash i32) (result i32)
    (local $slot i32)
    (loop $probe
      (local.set $slot (call $slot (local.get $hash)))
      (local.set $hash (i32.add (local.get $hash) (i32.const 1)))
      (br_if $probe (i32.load (local.get $slot))))
    (local.get $slot))

  ;; ---- order

  ;; Moves the entries to the front of the table. It is no hash table any more.
  (func $gather
    (local $from i32) (local $to i32) (local $end i32) (local $entry i32)
    (local.set $from (global.get $table))
    (local.set $to (global.get $table))
    (local.set $end
      (i32.add (global.get $table) (i32.shl (global.get $slots) (i32.const 2))))
    (loop $slots
      (local.set $entry (i32.load (local.get $from)))
      (if (local.get $entry)
        (then
          (i32.store (local.get $to) (local.get $entry))
          (local.set $to (i32.add (local.get $to) (i32.const 4)))))
      (local.set $from (i32.add (local.get $from) (i32.const 4)))
      (br_if $slots (i32.lt_u (local.get $from) (local.get $end)))))

  ;; Heapsort of the gathered entries: it needs no memory, and has no bad input.
  (func $sort
    (local $root i32) (local $last i32) (local $largest i32)
    (local.set $root (i32.shr_u (global.get $words) (i32.const 1)))
    (block $heap_made
      (loop $roots
        (br_if $heap_made (i32.eqz (local.get $root)))
        (local.set $root (i32.sub (local.get $root) (i32.const 1)))
        (call $sift_down (local.get $root) (global.get $words))
        (br $roots)))
    (local.set $last (global.get $words))
    (block $sorted
      (loop $heads
        (br_if $sorted (i32.le_u (local.get $last) (i32.const 1)))
        (local.set $last (i32.sub (local.get $last) (i32.const 1)))
        (local.set $largest (i32.load (global.get $table)))
        (i32.store (global.get $table) (i32.load (call $slot (local.get $last))))
        (i32.store (call $slot (local.get $last)) (local.get $largest))
        (call $sift_down (i32.const 0) (local.get $last))
        (br $heads))))

  ;; Restores the heap of the first $len entries, of which only the one at $root may be smaller
  ;; than its children.
  (func $sift_down (param $root i32) (param $len i32)
    (local $child i32) (local $entry i32)
    (local.set $entry (i32.load (call $slot (local.get $root))))
    (block $in_place
      (loop $levels
        (local.set $child (i32.add (i32.shl (local.get $root) (i32.const 1)) (i32.const 1)))
        (br_if $in_place (i32.ge_u (local.get $child) (local.get $len)))
        (local.set $child (call $larger_child (local.get $child) (local.get $len)))
        (br_if $in_place
          (i32.le_s
            (call $compare_entries
              (i32.load (call $slot (local.get $child))) (local.get $entry))
            (i32.const 0)))
        (i32.store
          (call $slot (local.get $root)) (i32.load (call $slot (local.get $child))))
        (local.set $root (local.get $child))
        (br $levels)))
    (i32.store (call $slot (local.get $root)) (local.get $entry)))

  ;; $child or its right neighbour, if it has one: whichever entry is larger.
  (func $larger_child (param $child i32) (param $len i32) (result i32)
    (local $right i32)
    (local.set $right (i32.add (local.get $child) (i32.const 1)))
    (if (i32.ge_u (local.get $right) (local.get $len))
      (then (return (local.get $child))))
    (select (local.get $right) (local.get $child)
      (i32.gt_s
        (call $compare_entries
          (i32.load (call $slot (local.get $right)))
          (i32.load (call $slot (local.get $child))))
        (i32.const 0))))

  (func $compare_entries (param $a i32) (param $b i32) (result i32)
    (call $compare
      (i32.add (local.get $a) (i32.const 12)) (i32.load offset=8 (local.get $a))
      (i32.add (local.get $b) (i32.const 12)) (i32.load offset=8 (local.get $b))))

  ;; Below 0, 0 or above 0, as $a comes before $b, is the same or comes after: by bytes, and a
  ;; word comes before what starts with it.
  (func $compare
    (param $a i32) (param $a_len i32) (param $b i32) (param $b_len i32) (result i32)
    (local $end i32) (local $difference i32)
    (local.set $end
      (i32.add (local.get $a)
        (select (local.get $a_len) (local.get $b_len)
          (i32.lt_u (local.get $a_len) (local.get $b_len)))))
    (block $no_more
      (loop $bytes
        (br_if $no_more (i32.eq (local.get $a) (local.get $end)))
        (local.set $difference
          (i32.sub (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b))))
        (if (local.get $difference)
          (then (return (local.get $difference))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (br $bytes)))
    (i32.sub (local.get $a_len) (local.get $b_len)))

  ;; ---- output

  ;; Lines are gathered above $heap, from $out to $out_end, and go out together: a word that
  ;; occurs once would else cost a message of its own, and stdout's mailbox is bounded.
  (global $out (mut i32) (i32.const 0))
  (global $out_end (mut i32) (i32.const 0))
  (global $message_size i32 (i32.const 60000))

  ;; A line: the count, to the right of 7 columns, a space, the word.
  (func $print_entry (param $entry i32)
    (local $digits i32) (local $digits_len i32) (local $padding i32) (local $len i32)
    (local.set $digits (call $write_number (i32.load offset=4 (local.get $entry))))
    (local.set $digits_len (i32.sub (global.get $digits_end) (local.get $digits)))
    (if (i32.lt_u (local.get $digits_len) (i32.const 7))
      (then (local.set $padding (i32.sub (i32.const 7) (local.get $digits_len)))))
    (local.set $len
      (i32.add
        (i32.add (local.get $padding) (local.get $digits_len))
        (i32.add (i32.const 1) (i32.load offset=8 (local.get $entry)))))

    (call $start_line (local.get $len))
    (memory.fill (global.get $out_end) (i32.const 32) (local.get $padding))
    (global.set $out_end (i32.add (global.get $out_end) (local.get $padding)))
    (call $write (local.get $digits) (local.get $digits_len))
    (i32.store8 (global.get $out_end) (i32.const 32))
    (global.set $out_end (i32.add (global.get $out_end) (i32.const 1)))
    (call $write
      (i32.add (local.get $entry) (i32.const 12)) (i32.load offset=8 (local.get $entry))))

  ;; Makes room for a line of $len bytes. A line longer than a message goes out alone.
  (func $start_line (param $len i32)
    (if (i32.gt_u
          (i32.add (i32.sub (global.get $out_end) (global.get $out)) (local.get $len))
          (global.get $message_size))
      (then (call $flush)))
    (call $reserve
      (i32.add (global.get $out_end) (i32.add (local.get $len) (i32.const 1))))
    (if (i32.ne (global.get $out_end) (global.get $out))
      (then
        (i32.store8 (global.get $out_end) (i32.const 10))
        (global.set $out_end (i32.add (global.get $out_end) (i32.const 1))))))

  (func $write (param $bytes i32) (param $len i32)
    (memory.copy (global.get $out_end) (local.get $bytes) (local.get $len))
    (global.set $out_end (i32.add (global.get $out_end) (local.get $len))))

  ;; Sends the lines; airssys/stdout adds the last newline. There is no one left to tell of a
  ;; failure: it traps, and the operator sees the crash.
  (func $flush
    (if (i32.eq (global.get $out_end) (global.get $out))
      (then (return)))
    ;; What a send-error carries is allocated above the lines.
    (global.set $top (global.get $out_end))
    (call $send_message
      (global.get $stdout) (global.get $stdout_len)
      (global.get $out) (i32.sub (global.get $out_end) (global.get $out))
      (global.get $answer))
    (if (i32.load8_u (global.get $answer))
      (then (unreachable)))
    (global.set $out_end (global.get $out)))

  ;; Writes $number in decimal, so that it ends at $digits_end. Returns where it starts.
  (func $write_number (param $number i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $digits_end))
    (loop $digits
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (br_if $digits (local.get $number)))
    (local.get $at))

  ;; ---- memory

  ;; Below $heap is what is kept; from there to $top, what belongs to the call in hand.
  (global $heap (mut i32) (i32.const 8192))
  (global $top (mut i32) (i32.const 8192))

  ;; Room that is kept for good. It starts where the arguments of the call in hand start.
  (func $keep (param $size i32) (result i32)
    (local $new i32)
    (local.set $new
      (i32.and (i32.add (global.get $heap) (i32.const 3)) (i32.const -4)))
    (global.set $heap (i32.add (local.get $new) (local.get $size)))
    (call $reserve (global.get $heap))
    (local.get $new))

  ;; The runtime asks here for room for arguments, and for what a send-error carries.
  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
    (result i32)
    (local $new i32)
    (local.set $new
      (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $new) (local.get $size)))
    (call $reserve (global.get $top))
    (memory.copy (local.get $new) (local.get $old) (local.get $old_size))
    (local.get $new))

  ;; Grows the memory until it reaches to $end, in pages of 64 KiB. Traps if it may not.
  (func $reserve (param $end i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (local.get $end) (i32.const 0xffff)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
          (then (unreachable)))))))
