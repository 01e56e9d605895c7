#include "src/stream/compiled_set.h"

#include <algorithm>
#include <numeric>

#include "src/match/kernel.h"
#include "src/stream/record.h"

namespace maskpipe {
namespace {

constexpr uint32_t kNoLabel = ~uint32_t{0};
// Each is kept once and, while it is compiled, twice. A secret of some length
// has a score of forms.
constexpr size_t kMostNeedleBytes = size_t{256} << 20;

// The masked leaves in the order of their names, and each leaf's place there.
std::vector<uint32_t> OrderByName(const Leaves& leaves,
                                  std::vector<uint32_t>* place) {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < leaves.list.size(); ++i) {
    if (IsMasked(leaves.list[i].verdict)) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return leaves.list[a].name < leaves.list[b].name;
  });
  place->assign(leaves.list.size(), kNoLabel);
  for (uint32_t k = 0; k < order.size(); ++k) (*place)[order[k]] = k;
  return order;
}

}  // namespace

// 1 judge the secrets, 2 make needles and compile them, 3 make names safe,
// 4 render the masks and see that no needle occurs in one, those of the
// detectors too.
Result<std::shared_ptr<const CompiledSet>> CompiledSet::Compile(
    const SecretStore& store, const MaskOptions& options) {
  if (ChosenKernel() == nullptr) {
    return Status::Usage(
        "MASKPIPE_KERNEL names no kernel that runs here; there are " +
        KernelNames() + "; unset it for the best");
  }
  Result<MaskTemplate> mask = MaskTemplate::Parse(options.mask);
  if (!mask.ok()) return mask.status();

  // 1.
  const Leaves leaves = Judge(store, options.rules);
  std::vector<uint32_t> place;
  const std::vector<uint32_t> order = OrderByName(leaves, &place);

  // 2.
  Needles needles = MakeNeedles(leaves, options.forms);
  size_t needle_bytes = 0;
  for (const Needle& n : needles.list) needle_bytes += n.bytes.size();
  if (needle_bytes > kMostNeedleBytes) {
    return Status::Source("the secrets and their forms amount to " +
                          std::to_string(needle_bytes >> 20) +
                          " MiB; at most " +
                          std::to_string(kMostNeedleBytes >> 20) +
                          " MiB can be masked at once; give a narrower source");
  }
  for (Needle& n : needles.list) n.secret = place[n.secret];
  std::shared_ptr<CompiledSet> set(new CompiledSet(needles, options));

  // 3.
  std::vector<uint32_t> source_of(store.secrets().size());
  for (size_t i = 0; i < source_of.size(); ++i) {
    const std::string& origin = store.secrets()[i].origin;
    const auto at =
        std::find(set->sources_.begin(), set->sources_.end(), origin);
    source_of[i] = static_cast<uint32_t>(at - set->sources_.begin());
    if (at == set->sources_.end()) set->sources_.push_back(origin);
  }
  for (const Leaf& leaf : leaves.list) {
    set->findings_.push_back({set->SafeName(leaf.name), source_of[leaf.secret],
                              leaf.secret, leaf.verdict, leaf.kind});
  }

  // 4.
  const auto add_label = [&](const std::string& name, std::string_view value,
                             uint32_t source) {
    Label label{name, mask->Render(name, value, *options.hash_key), source};
    if (Occurs(*set, label.mask)) {
      return Status::Usage("a secret occurs in the mask text of " + label.name +
                           ", which would print it; choose another --mask");
    }
    set->labels_.push_back(std::move(label));
    return Status::Ok();
  };
  for (uint32_t i : order) {
    const Finding& found = set->findings_[i];
    Status s = add_label(found.name, leaves.list[i].value, found.source);
    if (!s.ok()) return s;
  }
  set->first_detector_ = set->labels_.size();
  if (options.detectors != nullptr) {
    const auto source = static_cast<uint32_t>(set->sources_.size());
    set->sources_.emplace_back("detectors");
    for (const std::string& name : options.detectors->names()) {
      // One label for all that it finds, so {hash} has no value to hash.
      Status s = add_label(set->SafeName(name), "", source);
      if (!s.ok()) return s;
    }
  }
  // A SPEC may hold a secret too, such as a path that is named after one; the
  // labels must be there before it can be masked.
  for (std::string& source : set->sources_) source = Masked(*set, source);
  return std::shared_ptr<const CompiledSet>(std::move(set));
}

std::string CompiledSet::SafeName(const std::string& name) const {
  // Before it is made printable and cut off, too: that may hide where a secret
  // stands in it, and still show most of it.
  std::string printable = PrintableName(name);
  const bool tells = Occurs(*this, name) || Occurs(*this, printable);
  return tells ? std::string(kHiddenName) : printable;
}

}  // namespace maskpipe
